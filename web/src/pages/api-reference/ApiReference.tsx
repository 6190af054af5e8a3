import { Suspense } from "react";

import { pageNames } from "../../frame/pages";
import { fetched } from "../../routing/fetching";
import { catalogue, useText } from "../../text/language";
import { Skeleton } from "../../ui/Loaded";
import { Page } from "../../ui/Page";

const Reader = fetched(() => import("./Reader"), "Reader");

const text = catalogue({
  en: {
    lead: "Every call of the REST API, to read and to try with your own session.",
    document: "The OpenAPI document",
  },
  zh: {
    lead: "REST API 的全部调用，可阅读并以您的会话试用。",
    document: "OpenAPI 文档",
  },
});

export function ApiReference() {
  const t = useText(text);
  const names = useText(pageNames);
  return (
    <Page
      title={names.api}
      lead={t.lead}
      actions={
        <a className="button" href="/openapi.json" target="_blank" rel="noreferrer">
          {t.document}
        </a>
      }
    >
      <Suspense fallback={<Skeleton lines={12} />}>
        <Reader />
      </Suspense>
    </Page>
  );
}
