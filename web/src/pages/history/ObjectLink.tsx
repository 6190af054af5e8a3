import { Link } from "@tanstack/react-router";

import { placeOf } from "./place";

/** The name of a federated object, as the way to where it is shown. */
export function ObjectLink({ kind, name }: { kind: string; name: string }) {
  const place = placeOf(kind, name);
  if (!place) return <>{name}</>;
  return (
    <Link to={place.to as never} search={{ scope: undefined, ...place.search } as never}>
      {name}
    </Link>
  );
}
