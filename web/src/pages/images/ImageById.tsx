import { useQueries } from "@tanstack/react-query";
import { Link, Navigate, useParams } from "@tanstack/react-router";
import { SearchX } from "lucide-react";

import { get } from "../../api/client";
import { asOne, useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useScope } from "../../routing/search";
import { useText } from "../../text/language";
import { Sign } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { imagesText } from "./text";

/** Leads to the page of an image that is known by its id alone: in the registry that has it. */
export function ImageById() {
  const { id } = useParams({ strict: false }) as { id: string };
  const t = useText(imagesText);
  const names = useText(pageNames);
  const found = useRegistriesOf(id);
  return (
    <Page title={id.slice(0, 12)} parent={{ to: "/images", text: names.images }}>
      <Loaded query={found} what={names.images}>
        {(registries) => {
          const [first] = registries;
          if (first !== undefined) {
            return (
              <Navigate
                to={"/images/$registry/$id" as never}
                params={{ registry: first, id } as never}
                replace
              />
            );
          }
          return (
            <Sign
              icon={<SearchX aria-hidden />}
              title={t.inNoRegistry}
              hint={t.inNoRegistryHint}
              role="status"
            >
              <Link to={"/registries" as never}>{names.registries}</Link>
            </Sign>
          );
        }}
      </Loaded>
    </Page>
  );
}

/** The registries in scope that have an image. */
function useRegistriesOf(id: string) {
  const cluster = useScope();
  const registries = useGet("/v1/scan/registry", { cluster });
  const names = (registries.data?.summarys ?? []).map((one) => one.name ?? "");
  const lists = useQueries({
    queries: names.map((name) => ({
      queryKey: ["/v1/scan/registry/{name}/images", "of", name, id, cluster],
      queryFn: async () => {
        const query = { f_image_id: id, limit: 1 };
        const path = { name };
        return (await get("/v1/scan/registry/{name}/images", { path, query, cluster })).images;
      },
    })),
  });
  const having = names.filter((_, at) => (lists[at]?.data?.length ?? 0) > 0);
  const isPending = registries.isPending || lists.some((list) => list.isPending);
  const error = registries.error ?? lists.find((list) => list.error)?.error;
  // The first that has it will do: the others need not be waited for.
  const data = having.length > 0 || !(isPending || error) ? having : undefined;
  return asOne(data, [registries, ...lists]);
}
