import { useNavigate } from "@tanstack/react-router";
import { CircleUser } from "lucide-react";
import {
  Button,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  type Selection,
} from "react-aria-components";

import { remove } from "../api/client";
import { useSelf } from "../session/permissions";
import { session } from "../session/session";
import { chooseLanguage, LANGUAGES, type Language, useLanguage, useText } from "../text/language";
import { frameText } from "./text";
import { chooseTheme, THEMES, type Theme, useTheme } from "./theme";

/** Ends the session here, whether or not the primary hears of it. */
export function signOut() {
  remove("/v1/auth")
    .catch(() => undefined)
    .finally(() => session.end("left"));
}

function only<T>(keys: Selection): T | undefined {
  return keys === "all" ? undefined : ([...keys][0] as T | undefined);
}

/** Who is signed in, how the portal looks, and the way out. */
export function UserMenu() {
  const t = useText(frameText);
  const theme = useTheme();
  const language = useLanguage();
  const navigate = useNavigate();
  const user = useSelf().data?.user;
  const act = (key: React.Key) => {
    if (key === "profile") void navigate({ to: "/profile" as never });
    if (key === "sign-out") signOut();
  };
  return (
    <MenuTrigger>
      <Button className="account" aria-label={`${t.user}: ${user?.fullname ?? ""}`}>
        <CircleUser aria-hidden size={20} />
        <span>{user?.fullname}</span>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" onAction={act}>
          <MenuItem id="profile">{t.profile}</MenuItem>
          <MenuSection
            selectionMode="single"
            selectedKeys={[theme]}
            onSelectionChange={(keys) => chooseTheme(only<Theme>(keys) ?? theme)}
          >
            <Header>{t.theme}</Header>
            {THEMES.map((one) => (
              <MenuItem key={one} id={one}>
                {t.themes[one]}
              </MenuItem>
            ))}
          </MenuSection>
          <MenuSection
            selectionMode="single"
            selectedKeys={[language]}
            onSelectionChange={(keys) => chooseLanguage(only<Language>(keys) ?? language)}
          >
            <Header>{t.language}</Header>
            {Object.entries(LANGUAGES).map(([id, name]) => (
              <MenuItem key={id} id={id}>
                {name}
              </MenuItem>
            ))}
          </MenuSection>
          <MenuItem id="sign-out">{t.signOut}</MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
