import { type FormEvent, useState } from "react";

import { ApiError, login } from "./api";

interface Props {
  notice: string;
  onToken: (token: string) => void;
}

export function SignIn({ notice, onToken }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError("");
    try {
      onToken(await login(String(form.get("username")), String(form.get("password"))));
    } catch (cause) {
      setError(
        cause instanceof ApiError && cause.code === 3
          ? "Wrong user name or password."
          : cause instanceof Error
            ? cause.message
            : String(cause),
      );
      setBusy(false);
    }
  };

  return (
    <form className="card sign-in" onSubmit={submit}>
      <h1>Sign in</h1>
      {notice && <p role="status">{notice}</p>}
      <label>
        User name
        <input name="username" autoComplete="username" autoCapitalize="none" required autoFocus />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
      <button type="submit" disabled={busy}>
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
