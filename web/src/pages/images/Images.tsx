import { Link } from "@tanstack/react-router";
import { Package } from "lucide-react";

import { useGet } from "../../api/query";
import { pageNames } from "../../frame/pages";
import { frameText } from "../../frame/text";
import { useFleet, useUrl } from "../../routing/search";
import { useMay } from "../../session/permissions";
import { useText } from "../../text/language";
import { Sign } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { Tabs, useTab } from "../../ui/Tabs";
import { ImageList } from "./ImageList";
import { RunningImages } from "./RunningImages";
import { imagesText } from "./text";

/** The images of registries, and those that run. */
export function Images() {
  const t = useText(imagesText);
  const names = useText(pageNames);
  const may = useMay();
  const tabs: [string, string][] = [["registries", t.inRegistries]];
  if (may("fed", "read")) tabs.push(["running", t.running]);
  const tab = useTab(tabs);
  return (
    <Page title={names.images} lead={tab === "running" ? t.leadRunning : t.lead}>
      <Tabs label={names.images} tabs={tabs} />
      {tab === "running" ? <RunningImages /> : <RegistryImages />}
    </Page>
  );
}

/** The images of one registry at a time. */
function RegistryImages() {
  const t = useText(imagesText);
  const names = useText(pageNames);
  const [url, setUrl] = useUrl();
  const f = useText(frameText);
  // Registries are of the federation, or of one cluster.
  const { cluster, cluster_selector: selector } = useFleet();
  const query = useGet("/v1/scan/registry", { cluster });
  return (
    <>
      {selector && <p className="hint">{f.unscoped}</p>}
      <Loaded query={query} what={names.registries}>
        {({ summarys }) => {
          const known = summarys.map((one) => one.name ?? "");
          const registry = known.find((name) => name === url.name) ?? known[0];
          if (registry === undefined) {
            return (
              <Sign icon={<Package aria-hidden />} title={t.noRegistry} role="status">
                <Link to={"/registries" as never}>{names.registries}</Link>
              </Sign>
            );
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
                      <option key={name} value={name}>
                        {name}
                      </option>
                    ))}
                  </select>
                </label>
              }
            />
          );
        }}
      </Loaded>
    </>
  );
}
