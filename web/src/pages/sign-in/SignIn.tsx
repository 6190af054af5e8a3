import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";

import { post, type Schema } from "../../api/client";
import { ApiError, Code } from "../../api/error";
import { Mark } from "../../frame/Mark";
import { useUrl } from "../../routing/search";
import { session, useSession } from "../../session/session";
import {
  chooseLanguage,
  LANGUAGES,
  type Language,
  useLanguage,
  useText,
} from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { Field } from "../../ui/Field";
import { back } from "./back";
import { Providers } from "./Providers";
import { finish, returning } from "./provider";
import { signInText } from "./text";
import "./sign-in.css";

/** The page of somebody without a session. */
export function SignIn() {
  const t = useText(signInText);
  const [url] = useUrl();
  const navigate = useNavigate();
  const { signedIn } = useSession();
  useEffect(() => {
    document.title = `${t.title} · Palisade`;
  }, [t]);
  useEffect(() => {
    if (signedIn) void navigate({ href: back(url.to, location.origin), replace: true });
  }, [signedIn, url.to, navigate]);

  return (
    <main className="sign-in">
      <SignInForm to={back(url.to, location.origin)} />
    </main>
  );
}

interface Props {
  /** Where somebody goes who signs in at a provider. */
  to: string;
}

/** Name and password, or a provider: the form by which a session begins. */
export function SignInForm({ to }: Props) {
  const t = useText(signInText);
  const [url] = useUrl();
  const navigate = useNavigate();
  const { end } = useSession();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  // Whose word did not count: that of a provider, or a name and its password.
  const [atProvider, setAtProvider] = useState(false);
  const [mustChange, setMustChange] = useState(false);

  // Back from a provider, with its code in the address.
  useEffect(() => {
    const journey = returning();
    if (!url.code || !url.state || !journey) return;
    setBusy(true);
    setAtProvider(true);
    finish(journey, url.code, url.state, url.iss)
      .then((answer) => {
        if (!answer.token) return;
        void navigate({ href: back(journey.to, location.origin), replace: true });
        session.begin();
      })
      .catch(setError)
      .finally(() => setBusy(false));
  }, [url.code, url.state, url.iss, navigate]);
  useEffect(() => {
    if (url.refused) setError(new Error(t.refused));
    // As the standard has it; whatever else stands there is somebody's own words.
    else if (url.error && /^[a-z_]{1,40}$/.test(url.error))
      setError(new Error(t.declined(url.error)));
  }, [url.refused, url.error, t]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    if (mustChange && text("new") !== text("repeat")) {
      setError(new Error(t.differ));
      return;
    }
    setBusy(true);
    setAtProvider(false);
    setError(undefined);
    const password = {
      username: text("username"),
      password: text("password"),
      ...(mustChange && { new_password: text("new") }),
    };
    try {
      const body = { password } as Schema<"AuthData">;
      const answer = await post("/v1/auth", body);
      if (answer.token) session.begin();
      else if (answer.need_to_reset_password) setMustChange(true);
    } catch (cause) {
      setError(cause);
    }
    setBusy(false);
  };

  const explain = (cause: unknown) => {
    if (!(cause instanceof ApiError) || cause.reason) return cause;
    if (cause.code === Code.Unauthorized) return new Error(atProvider ? t.refused : t.wrong);
    if (cause.code === Code.UserBlocked) return new Error(t.blocked);
    if (cause.code === Code.PasswordExpired) return new Error(t.expired);
    if (cause.status === 503) return new Error(t.unavailable);
    return cause;
  };

  const notice = mustChange ? t.mustChange : end === "none" ? "" : t[end];
  return (
    <form className="card" onSubmit={(event) => void submit(event)}>
      <div className="sign-in-head">
        <Mark />
        <div>
          <h1>Palisade</h1>
          <p className="hint">{t.lead}</p>
        </div>
      </div>
      {notice && (
        <p role="status" className="reminder">
          {notice}
        </p>
      )}
      <Field label={t.username}>
        <input name="username" autoComplete="username" autoCapitalize="none" required autoFocus />
      </Field>
      <Field label={t.password}>
        <input name="password" type="password" autoComplete="current-password" required />
      </Field>
      {mustChange && (
        <>
          <Field label={t.newPassword}>
            <input name="new" type="password" autoComplete="new-password" required />
          </Field>
          <Field label={t.repeat}>
            <input name="repeat" type="password" autoComplete="new-password" required />
          </Field>
        </>
      )}
      <Refusal error={explain(error)} />
      <button type="submit" className="primary" disabled={busy}>
        {busy ? t.busy : t.submit}
      </button>
      <Providers to={to} />
      <LanguageChoice />
    </form>
  );
}

function LanguageChoice() {
  const language = useLanguage();
  return (
    <div className="languages">
      {Object.entries(LANGUAGES).map(([id, name]) => (
        <button
          key={id}
          type="button"
          className="plain"
          lang={id}
          aria-pressed={id === language}
          onClick={() => chooseLanguage(id as Language)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
