import { useCallback, useState } from "react";

import { logout } from "./api";
import { Members } from "./Members";
import { SignIn } from "./SignIn";

export function App() {
  const [token, setToken] = useState<string>();
  const [notice, setNotice] = useState("");

  const signedOut = useCallback((why: string) => {
    setNotice(why);
    setToken(undefined);
  }, []);

  const signOut = () => {
    if (token) {
      logout(token).catch((error: unknown) => {
        setNotice(`The session may live on until it times out: ${String(error)}`);
      });
    }
    signedOut("");
  };

  return (
    <>
      <header>
        <span className="name">Palisade</span>
        {token && (
          <button type="button" onClick={signOut}>
            Sign out
          </button>
        )}
      </header>
      <main>
        {token ? (
          <Members token={token} onSessionEnd={signedOut} />
        ) : (
          <SignIn notice={notice} onToken={setToken} />
        )}
      </main>
    </>
  );
}
