import { useState } from "react";

import { useGet } from "../../api/query";
import { useText } from "../../text/language";
import { Refusal } from "../../ui/Failure";
import { begin } from "./provider";
import { signInText } from "./text";

/** Where else people of this house sign in. */
export function Providers({ to }: { to: string }) {
  const t = useText(signInText);
  const [error, setError] = useState<unknown>();
  const servers = useGet("/v1/token_auth_server").data?.servers ?? [];
  if (servers.length === 0) return null;
  return (
    <>
      <p className="or">{t.or}</p>
      {servers.map((provider) => (
        <button
          key={provider.server_name}
          type="button"
          onClick={() => void begin(provider, to).catch(setError)}
        >
          {t.with(provider.server_name)}
        </button>
      ))}
      <Refusal error={error} />
    </>
  );
}
