import { Link, Outlet, useLocation, useMatches, useRouter } from "@tanstack/react-router";
import { Menu as MenuIcon, Search, TriangleAlert } from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";

import { startLive } from "../api/live";
import { queries } from "../api/query";
import { useFederation, useMayRead, useMember } from "../pages/clusters/members";
import { fetched } from "../routing/fetching";
import { useUrl, useWithin } from "../routing/search";
import { useCover } from "../session/cover";
import { IdleWatch } from "../session/IdleWatch";
import { useSelf } from "../session/permissions";
import { useSession } from "../session/session";
import { useText } from "../text/language";
import { Loaded } from "../ui/Loaded";
import { Mark } from "./Mark";
import { isFor, pageAt } from "./pages";
import { Rail } from "./Rail";
import { Refused } from "./Refused";
import { ScopeSwitcher } from "./ScopeSwitcher";
import { Shortcuts } from "./Shortcuts";
import { frameText } from "./text";
import { UserMenu } from "./UserMenu";
import "./frame.css";

const loadSignInAgain = () => import("../pages/sign-in/SignInAgain");
const SignInAgain = fetched(loadSignInAgain, "SignInAgain");

/** Around every page of somebody who is signed in. */
export function Frame() {
  const t = useText(frameText);
  const [menu, setMenu] = useState(false);
  const [palette, setPalette] = useState(false);
  const { signedIn } = useSession();
  const { pathname } = useLocation();
  const router = useRouter();
  const covered = useCover();
  const away = !signedIn && !covered;
  useEffect(() => {
    if (!away) return;
    const to = router.state.location.href;
    void router.navigate({ to: "/sign-in", search: { to }, replace: true });
  }, [away, router]);
  // Another page closes the menu, and is where one goes on, by keyboard and by ear.
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    setMenu(false);
    document.getElementById("content")?.focus({ preventScroll: true });
  }, [pathname]);
  // What is typed here outlives the session even where the primary is of another version by then.
  useEffect(() => void loadSignInAgain().catch(() => undefined), []);
  useEffect(() => (signedIn ? startLive(queries) : undefined), [signedIn]);
  if (away) return null;
  return (
    <>
      <a className="skip" href="#content">
        {t.skip}
      </a>
      <header className="top">
        <button
          type="button"
          className="plain menu-button"
          aria-label={t.menu}
          aria-expanded={menu}
          aria-controls="rail"
          onClick={() => setMenu(!menu)}
        >
          <MenuIcon aria-hidden size={20} />
        </button>
        <Link to={"/" as never} className="brand" aria-label="Palisade">
          <Mark />
          <span>Palisade</span>
        </Link>
        <ScopeSwitcher />
        <button
          type="button"
          className="find"
          aria-label={`${t.palette} Ctrl K`}
          onClick={() => setPalette(true)}
        >
          <Search aria-hidden size={16} />
          <span>{t.palette}</span>
          <kbd>Ctrl K</kbd>
        </button>
        <UserMenu />
      </header>
      <div className="beside">
        <Rail open={menu} onFollow={() => setMenu(false)} />
        <main id="content" tabIndex={-1}>
          <Content />
        </main>
      </div>
      <Shortcuts palette={palette} onPalette={setPalette} />
      {covered ? (
        <Suspense>
          <SignInAgain />
        </Suspense>
      ) : (
        <IdleWatch />
      )}
    </>
  );
}

/** The page, once it is known what its reader may see: nothing moves afterwards, whatever becomes of
 * that. */
function Content() {
  const t = useText(frameText);
  const { data, error, errorUpdateCount, isPending, refetch } = useSelf();
  const known = { data, error: data ? null : error, errorUpdateCount, isPending, refetch };
  // The page that is shown, not the one on its way: until that is there, this one stays.
  const shown = useMatches({ select: (matches) => matches.at(-1)?.pathname ?? "" });
  const here = pageAt(shown);
  return (
    <Loaded query={known} what={t.user} lines={8}>
      {(self) => (
        <>
          <Reminders />
          {here && !isFor(here, self) ? <Refused page={here} /> : <Outlet />}
        </>
      )}
    </Loaded>
  );
}

/** Whether this is a primary seldom changes. */
const SELDOM_MS = 60_000;

function Reminders() {
  const t = useText(frameText);
  const user = useSelf().data?.user;
  const role = useFederation({ every: SELDOM_MS, enabled: useMayRead() }).data?.fed_role;
  const { cluster, cluster_selector: selector, namespace } = useWithin();
  const [url, setUrl] = useUrl();
  const { member } = useMember(cluster);
  const { pathname } = useLocation();
  const page = pageAt(pathname);
  const follows = page?.follows;
  const inNamespaces = page?.inNamespaces?.includes(url.tab ?? "");
  const ignored = follows === "nothing" || (follows === "cluster" && !cluster);
  return (
    <>
      {user?.default_password && (
        <p className="reminder bad">
          <TriangleAlert aria-hidden size={18} /> {t.defaultPassword}{" "}
          <Link to={"/profile" as never}>{t.changePassword}</Link>
        </p>
      )}
      {/* The page of clusters says so itself, and how to change it. */}
      {role === "" && !pathname.startsWith("/clusters") && (
        <p className="reminder">
          {t.noPrimary} <Link to={"/clusters" as never}>{t.toPromote}</Link>
        </p>
      )}
      {(cluster || selector || namespace) && (
        <p className="reminder">
          {cluster && !ignored && t.scoped(member?.name ?? cluster.slice(0, 8))}
          {selector && !ignored && t.selected(selector)}
          {(cluster || selector) && ignored && t.unscoped}{" "}
          {namespace &&
            (inNamespaces
              ? t.inNamespaces(namespace.replaceAll(",", ", "))
              : t.inAllNamespaces)}{" "}
          <button type="button" className="link" onClick={() => setUrl({ scope: "", ns: "" })}>
            {t.showAll}
          </button>
        </p>
      )}
    </>
  );
}
