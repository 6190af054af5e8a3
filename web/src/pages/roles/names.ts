import { useText } from "../../text/language";
import { usersText } from "../users/text";

/** The name of a role for people; roles that were made here are called as they are. */
export function useRoleName(): (role: string) => string {
  const t = useText(usersText);
  return (role) => t.roles[role as keyof typeof t.roles] ?? role;
}
