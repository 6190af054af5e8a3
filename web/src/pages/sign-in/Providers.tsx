import { useGet } from "../../api/query";
import { useText } from "../../text/language";
import { signInText } from "./text";

/** Where else people of this house sign in. */
export function Providers() {
  const t = useText(signInText);
  const servers = useGet("/v1/token_auth_server").data?.servers ?? [];
  if (servers.length === 0) return null;
  return (
    <>
      <p className="or">{t.or}</p>
      {servers.map((server) => (
        <a
          key={server.server_name}
          className="button"
          href={`/v1/token_auth_server/${encodeURIComponent(server.server_name)}`}
        >
          {t.with(server.server_name)}
        </a>
      ))}
    </>
  );
}
