import { Link } from "@tanstack/react-router";

import { useText } from "../text/language";
import { secretOf } from "./leftOut";
import { transferText } from "./text";

interface Props {
  of: string[];
  /** Whether what lacks a secret is there already, so that it can be given. */
  made?: boolean;
}

/** What of a file is not so afterwards; nothing where all is. */
export function LeftOut({ of, made = false }: Props) {
  const t = useText(transferText);
  if (of.length === 0) return null;
  return (
    <>
      <p>{t.leftOut}</p>
      <ul>
        {of.map((what) => {
          const secret = secretOf(what);
          const text = secret ? t.secretOf(secret.name) : what;
          return (
            <li key={what}>
              {secret && made ? (
                <Link to={secret.to as never} search={{ open: secret.open } as never}>
                  {text}
                </Link>
              ) : (
                text
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
