import { Link } from "@tanstack/react-router";
import { CircleAlert, Lock, SearchX, Unplug } from "lucide-react";
import type { ReactNode } from "react";

import { ApiError } from "../api/error";
import { Lacked } from "../frame/Lacked";
import { useText } from "../text/language";
import { words } from "../text/words";
import { useFailureText } from "./failureText";

/** Where what was refused can be mended, if that is another page. */
function Remedy({ of }: { of: unknown }) {
  const w = useText(words);
  if (!(of instanceof ApiError) || of.reason !== "not_primary") return null;
  return <Link to={"/clusters" as never}>{w.becomePrimary}</Link>;
}

/** The foot of a form whose change was refused. */
export function Refusal({ error }: { error: unknown }) {
  const text = useFailureText();
  if (!error) return null;
  return (
    <p role="alert" className="refusal">
      <CircleAlert aria-hidden size={18} /> {text(error)} <Remedy of={error} />
    </p>
  );
}

interface Props {
  error: unknown;
  /** What could not be read. */
  what?: string;
  onRetry?: () => void;
}

/** In the place of what could not be shown: why, and what to do. */
export function Failure({ error, what, onRetry }: Props) {
  const w = useText(words);
  const text = useFailureText();
  const status = error instanceof ApiError ? error.status : undefined;
  const code = error instanceof ApiError && error.code ? error.code : undefined;
  if (status === 403) {
    return (
      <Sign
        icon={<Lock aria-hidden />}
        title={w.forbidden(what ?? "")}
        hint={
          <>
            {text(error)} <Lacked />
          </>
        }
        role="alert"
      />
    );
  }
  if (status === 404) {
    return (
      <Sign icon={<SearchX aria-hidden />} title={w.notFound} hint={text(error)} role="alert" />
    );
  }
  return (
    <Sign
      icon={status === 0 ? <Unplug aria-hidden /> : <CircleAlert aria-hidden />}
      title={text(error)}
      hint={status === 0 ? w.unreachableHint : code && status ? w.errorCode(code, status) : ""}
      role="alert"
    >
      <Remedy of={error} />
      {onRetry && (
        <button type="button" onClick={onRetry}>
          {w.retry}
        </button>
      )}
    </Sign>
  );
}

interface SignProps {
  icon?: ReactNode;
  title: string;
  hint?: ReactNode;
  role?: "alert" | "status";
  children?: ReactNode;
}

/** A large note in an otherwise empty place. */
export function Sign({ icon, title, hint, role, children }: SignProps) {
  return (
    <div className="sign" role={role}>
      {icon}
      <p className="sign-title">{title}</p>
      {hint && <p className="hint">{hint}</p>}
      {children}
    </div>
  );
}
