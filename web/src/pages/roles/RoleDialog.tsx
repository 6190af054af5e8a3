import { useState } from "react";

import {
  ifStill,
  patchTagged,
  postTagged,
  remove,
  type Schema,
  type Target,
} from "../../api/client";
import { useChange, useGet } from "../../api/query";
import { useText } from "../../text/language";
import { words } from "../../text/words";
import { Field } from "../../ui/Field";
import { FormDialog } from "../../ui/FormDialog";
import type { Role } from "./Roles";
import { rolesText } from "./text";
import "./roles.css";

type Held = Schema<"RolePermission">;

interface Props {
  /** The role to look at or change; a new one where there is none. */
  role: Role | undefined;
  writable: boolean;
  onClose: () => void;
}

/** The permissions of a role as a table of switches. */
export function RoleDialog({ role, writable, onClose }: Props) {
  const t = useText(rolesText);
  const w = useText(words);
  const options = useGet("/v1/user_role_permission/options").data?.options.global_options ?? [];
  const [name, setName] = useState(role?.name ?? "");
  const [comment, setComment] = useState(role?.comment ?? "");
  const [held, setHeld] = useState<Held[]>(role?.permissions ?? []);
  const path = { name };
  const change = (config: { name: string; comment: string; permissions: Held[] }, still?: Target) =>
    patchTagged("/v1/user_role/{name}", { config }, { path, ...still });
  const dropIt = (still?: Target) => remove("/v1/user_role/{name}", { path, ...still });
  const save = useChange(
    async () => {
      const permissions = held.filter(({ read, write }) => read || write);
      const config = { name, comment, permissions };
      return role ? change(config) : (await postTagged("/v1/user_role", { config })).tag;
    },
    {
      done: t.saved,
      onDone: onClose,
      undo: (_, tag) => {
        if (!tag) return undefined;
        if (!role) return () => dropIt(ifStill(tag));
        const { comment, permissions } = role;
        return () => change({ name, comment, permissions }, ifStill(tag));
      },
    },
  );
  const drop = useChange(() => dropIt(), { done: t.removed, onDone: onClose });
  const of = (id: string) => held.find((one) => one.id === id) ?? { id, read: false, write: false };
  const put = (next: Held) => setHeld([...held.filter((one) => one.id !== next.id), next]);
  return (
    <FormDialog
      title={role ? name : t.add}
      now={role}
      save={save}
      writable={writable}
      removal={
        role && { change: drop, title: t.remove, name, action: w.remove, text: t.removeText }
      }
      onClose={onClose}
    >
      <Field label={w.name}>
        <input
          value={name}
          disabled={role !== undefined}
          onChange={(event) => setName(event.target.value)}
          required
        />
      </Field>
      <Field label={w.comment}>
        <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </Field>
      <table className="permissions">
        <thead>
          <tr>
            <th scope="col">{t.permission}</th>
            <th scope="col">{t.read}</th>
            <th scope="col">{t.write}</th>
          </tr>
        </thead>
        <tbody>
          {options.map(({ id, read_supported: mayRead, write_supported: mayWrite }) => {
            const text = t.names[id as keyof typeof t.names] ?? id;
            const now = of(id);
            return (
              <tr key={id}>
                <th scope="row">{text}</th>
                <td>
                  {mayRead && (
                    <input
                      type="checkbox"
                      aria-label={`${text}: ${t.read}`}
                      checked={now.read}
                      onChange={(event) =>
                        put({
                          id,
                          read: event.target.checked,
                          write: event.target.checked && now.write,
                        })
                      }
                    />
                  )}
                </td>
                <td>
                  {mayWrite && (
                    <input
                      type="checkbox"
                      aria-label={`${text}: ${t.write}`}
                      checked={now.write}
                      onChange={(event) =>
                        // Who may change may also look.
                        put({
                          id,
                          read: mayRead && (event.target.checked || now.read),
                          write: event.target.checked,
                        })
                      }
                    />
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </FormDialog>
  );
}
