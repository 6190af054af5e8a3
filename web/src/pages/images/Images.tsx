import { Package } from "lucide-react";

import { useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { useUrl } from "../../routing/search";
import { useText } from "../../text/language";
import { Sign } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { ImageList } from "./ImageList";
import { imagesText } from "./text";

/** The images of one registry at a time. */
export function Images() {
  const t = useText(imagesText);
  const names = useText(pageNames);
  const [url, setUrl] = useUrl();
  const query = useGet("/v1/scan/registry");
  return (
    <Page title={names.images} lead={t.lead}>
      <Loaded query={query} what={names.registries}>
        {({ summarys }) => {
          const known = summarys.map((one) => one.name ?? "");
          const registry = known.find((name) => name === url.name) ?? known[0];
          if (registry === undefined) {
            return <Sign icon={<Package aria-hidden />} title={t.noRegistry} role="status" />;
          }
          return (
            <ImageList
              key={registry}
              registry={registry}
              beside={
                <label className="facet">
                  <span>{t.registry}</span>
                  <select
                    value={registry}
                    onChange={(event) => setUrl({ name: event.target.value })}
                  >
                    {known.map((name) => (
                      <option key={name}>{name}</option>
                    ))}
                  </select>
                </label>
              }
            />
          );
        }}
      </Loaded>
    </Page>
  );
}
