import type { Schema } from "../../api/client";
import { useText } from "../../text/language";
import { rolesText } from "./text";
import "./roles.css";

/** What somebody may do, in two sentences: who may change something looks at it, too. */
export function Held({ of }: { of: Schema<"RolePermission">[] }) {
  const t = useText(rolesText);
  const said: [string, Schema<"RolePermission">[]][] = [
    [t.mayChange, of.filter(({ write }) => write)],
    [t.mayLook, of.filter(({ read, write }) => read && !write)],
  ];
  return (
    <dl className="held">
      {said.map(
        ([may, permissions]) =>
          permissions.length > 0 && (
            <div key={may}>
              <dt>{may}</dt>
              <dd>
                {permissions.map(({ id }) => t.names[id as keyof typeof t.names] ?? id).join(" · ")}
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}
