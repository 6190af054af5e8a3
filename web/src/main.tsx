import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { queries } from "./api/query";
import "./frame/theme";
import { router } from "./routing/router";
import { endedByItself, session } from "./session/session";
import "./style/tokens.css";
import "./style/base.css";
import "./style/controls.css";
import "./style/parts.css";
import "./style/overlays.css";
import "./style/forced-colors.css";
import { Notices } from "./ui/Notices";
import { dismissAll } from "./ui/notices";

// Nothing of one person is shown to the next. Of a session that ended by itself the page is kept,
// covered, until it is known who signs in.
session.subscribe(() => {
  if (session.signedIn() || endedByItself(session.lastEnd())) return;
  queries.clear();
  dismissAll();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Notices />
      </QueryClientProvider>
    </StrictMode>,
  );
}
