import { Link } from "@tanstack/react-router";
import { Layers as LayersIcon } from "lucide-react";

import { useGet } from "../../api/query";
import { useScope } from "../../routing/search";
import { useFormat } from "../../text/format";
import { useText } from "../../text/language";
import { Sign } from "../../ui/Failure";
import { Loaded } from "../../ui/Loaded";
import { SeverityCounts } from "../../ui/Severity";
import { imagesText } from "./text";
import "./images.css";

/** The layers of an image, and what each brings. */
export function Layers({ path }: { path: { name: string; id: string } }) {
  const t = useText(imagesText);
  const format = useFormat();
  const query = useGet("/v1/scan/registry/{name}/layers/{id}", { path, cluster: useScope() });
  return (
    <Loaded query={query} what={t.tabs.layers}>
      {({ report }) =>
        report.layers.length === 0 ? (
          <Sign icon={<LayersIcon aria-hidden />} title={t.noLayers} role="status" />
        ) : (
          <ol className="layers">
            {report.layers.map((layer) => {
              const found = layer.vulnerabilities ?? [];
              const of = (severity: string) =>
                found.filter((one) => one.severity === severity).length;
              return (
                <li key={layer.digest} className="card">
                  <div className="card-head">
                    <code>{layer.digest}</code>
                    <span>
                      {format.bytes(layer.size ?? 0)}{" "}
                      <SeverityCounts
                        critical={of("Critical")}
                        high={of("High")}
                        medium={of("Medium")}
                      />
                    </span>
                  </div>
                  <pre>{layer.cmds}</pre>
                  {found.length > 0 && (
                    <details>
                      <summary>
                        {t.tabs.vulnerabilities} {format.number(found.length)}
                      </summary>
                      <p>
                        {[...new Set(found.map((one) => one.name))].map((name) => (
                          <Link
                            key={name}
                            className="tag"
                            to={"/vulnerabilities" as never}
                            search={{ open: name } as never}
                          >
                            {name}
                          </Link>
                        ))}
                      </p>
                    </details>
                  )}
                </li>
              );
            })}
          </ol>
        )
      }
    </Loaded>
  );
}
