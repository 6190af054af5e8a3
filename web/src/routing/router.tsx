// The pages by their paths. Each is fetched when it is first opened.

import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";

import { readAhead } from "../api/query";
import { holds } from "../session/permissions";
import { session } from "../session/session";
import { Crash } from "./Crash";
import { fetched } from "./fetching";
import { keepScope, parseSearch, readSearch, writeSearch } from "./search";

const root = createRootRoute({ validateSearch: readSearch });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: fetched(() => import("../pages/sign-in/SignIn"), "SignIn"),
});

const frame = createRoute({
  getParentRoute: () => root,
  id: "frame",
  search: { middlewares: [keepScope as never] },
  beforeLoad: ({ location }) => {
    if (!session.signedIn()) throw redirect({ to: "/sign-in", search: { to: location.href } });
    // Who one is decides on what is shown; known members are on nearly every page of who may
    // read them.
    void readAhead("/v1/selfuser").then((self) => {
      if (self && holds(self, "config", "read")) void readAhead("/v1/fed/member", { limit: 1 });
    });
  },
  component: fetched(() => import("../frame/Frame"), "Frame"),
});

/** A page within the frame. */
function page<Name extends string>(
  path: string,
  load: () => Promise<Record<Name, () => React.ReactNode>>,
  name: Name,
) {
  return createRoute({
    getParentRoute: () => frame,
    path,
    component: fetched(load, name),
  });
}

const pages = [
  page("/", () => import("../pages/dashboard/Dashboard"), "Dashboard"),
  page("/clusters", () => import("../pages/clusters/Clusters"), "Clusters"),
  page("/clusters/$id", () => import("../pages/clusters/ClusterDetail"), "ClusterDetail"),
  page("/workloads", () => import("../pages/workloads/Workloads"), "Workloads"),
  page("/compliance", () => import("../pages/compliance/Compliance"), "Compliance"),
  page("/groups", () => import("../pages/groups/Groups"), "Groups"),
  page("/admission", () => import("../pages/admission/Admission"), "Admission"),
  page("/network", () => import("../pages/network/NetworkRules"), "NetworkRules"),
  page("/response", () => import("../pages/response/ResponseRules"), "ResponseRules"),
  page("/dlp", () => import("../pages/sensors/Sensors"), "DlpSensors"),
  page("/waf", () => import("../pages/sensors/Sensors"), "WafSensors"),
  page("/history", () => import("../pages/history/History"), "History"),
  page("/profiles", () => import("../pages/profiles/Profiles"), "Profiles"),
  page(
    "/vulnerabilities",
    () => import("../pages/vulnerabilities/Vulnerabilities"),
    "Vulnerabilities",
  ),
  page("/accepted", () => import("../pages/vulnerability-profile/Accepted"), "Accepted"),
  page("/registries", () => import("../pages/registries/Registries"), "Registries"),
  page("/registries/$name", () => import("../pages/registries/RegistryDetail"), "RegistryDetail"),
  page("/images", () => import("../pages/images/Images"), "Images"),
  page("/images/compare", () => import("../pages/images/Compare"), "Compare"),
  page("/images/$id", () => import("../pages/images/ImageById"), "ImageById"),
  page("/images/$registry/$id", () => import("../pages/images/ImageDetail"), "ImageDetail"),
  page("/verifiers", () => import("../pages/verifiers/Verifiers"), "Verifiers"),
  page("/events", () => import("../pages/events/Events"), "Events"),
  page("/denials", () => import("../pages/denials/Denials"), "Denials"),
  page("/risk-report", () => import("../pages/risk-report/RiskReport"), "RiskReport"),
  page("/audit", () => import("../pages/audit/AuditLog"), "AuditLog"),
  page("/users", () => import("../pages/users/Users"), "Users"),
  page("/roles", () => import("../pages/roles/Roles"), "Roles"),
  page("/providers", () => import("../pages/providers/Providers"), "Providers"),
  page("/api-keys", () => import("../pages/api-keys/ApiKeys"), "ApiKeys"),
  page("/profile", () => import("../pages/profile/Profile"), "Profile"),
  page("/system", () => import("../pages/system/System"), "System"),
  page("/api-reference", () => import("../pages/api-reference/ApiReference"), "ApiReference"),
];

export const router = createRouter({
  routeTree: root.addChildren([signIn, frame.addChildren(pages)]),
  parseSearch,
  stringifySearch: writeSearch,
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultErrorComponent: Crash,
  defaultNotFoundComponent: () => <Crash error={undefined} />,
});
