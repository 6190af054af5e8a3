import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./reader.css";

import { send } from "../../api/client";
import { pageNames } from "../../frame/pages";
import { useDark } from "../../frame/theme";
import { COOKIE_HEADER } from "../../session/session";
import { useText } from "../../text/language";
import { Loaded, Skeleton } from "../../ui/Loaded";

const DOCUMENT = "/openapi.json";
/** Rows of room until it is there. */
const LINES = 12;

/** The OpenAPI document, read as everything else is: so is told why it cannot be. */
export function Reader() {
  const names = useText(pageNames);
  const query = useQuery({
    queryKey: [DOCUMENT],
    queryFn: async ({ signal }) =>
      (await (await send("get", DOCUMENT, { signal })).json()) as object,
    // It is of the program, as the portal is.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Loaded query={query} what={names.api} lines={LINES}>
      {(document) => <Shown document={document} />}
    </Loaded>
  );
}

/** By the library that shows OpenAPI documents; it comes with the portal. */
function Shown({ document }: { document: object }) {
  const place = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState(false);
  const dark = useDark();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    SwaggerUI({
      domNode: element,
      spec: document,
      docExpansion: "none",
      deepLinking: false,
      filter: true,
      validatorUrl: null,
      defaultModelsExpandDepth: -1,
      requestInterceptor: (request: { headers: Record<string, string> }) => {
        Object.assign(request.headers, COOKIE_HEADER);
        return request;
      },
      onComplete: () => setDrawn(true),
    });
    return () => element.replaceChildren();
  }, [document]);
  return (
    <>
      {!drawn && <Skeleton lines={LINES} />}
      <div ref={place} hidden={!drawn} className={dark ? "reader dark" : "reader"} />
    </>
  );
}
