import { useNavigate } from "@tanstack/react-router";
import type { RefObject } from "react";
import {
  Header,
  Menu,
  MenuItem,
  MenuSection,
  Popover,
  type Selection,
} from "react-aria-components";

import { useSelf } from "../session/permissions";
import { signOut } from "../session/sign-out";
import { chooseLanguage, LANGUAGES, type Language, useLanguage, useText } from "../text/language";
import { frameText } from "./text";
import { chooseTheme, THEMES, type Theme, useTheme } from "./theme";

function only<T>(keys: Selection): T | undefined {
  return keys === "all" ? undefined : ([...keys][0] as T | undefined);
}

interface Props {
  /** What it belongs to, and gives the focus back to. */
  button: RefObject<HTMLButtonElement | null>;
  /** Where the focus begins; absent: it is closed. */
  open: "first" | "last" | undefined;
  onClose: () => void;
}

/** How the portal looks, and the way out. */
export function AccountMenu({ button, open, onClose }: Props) {
  const t = useText(frameText);
  const theme = useTheme();
  const language = useLanguage();
  const navigate = useNavigate();
  const user = useSelf().data?.user;
  const act = (key: React.Key) => {
    if (key === "profile") void navigate({ to: "/profile" as never });
    if (key === "sign-out") void signOut(user?.server);
  };
  return (
    <Popover
      className="popover"
      placement="bottom end"
      trigger="MenuTrigger"
      triggerRef={button}
      aria-label={t.user}
      isOpen={open !== undefined}
      onOpenChange={(isOpen) => !isOpen && onClose()}
    >
      <Menu
        className="menu"
        aria-label={t.user}
        autoFocus={open ?? false}
        onAction={act}
        onClose={onClose}
      >
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
  );
}
