import { useEffect, useRef } from "react";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./reader.css";

import { useDark } from "../../frame/theme";
import { COOKIE_HEADER } from "../../session/session";

/** The library that shows OpenAPI documents; it comes with the portal. */
export function Reader() {
  const place = useRef<HTMLDivElement>(null);
  const dark = useDark();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    SwaggerUI({
      domNode: element,
      url: "/openapi.json",
      docExpansion: "none",
      deepLinking: false,
      filter: true,
      validatorUrl: null,
      defaultModelsExpandDepth: -1,
      requestInterceptor: (request: { headers: Record<string, string> }) => {
        Object.assign(request.headers, COOKIE_HEADER);
        return request;
      },
    });
    return () => element.replaceChildren();
  }, []);
  return <div ref={place} className={dark ? "reader dark" : "reader"} />;
}
