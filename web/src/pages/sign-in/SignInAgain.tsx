import { useEffect, useRef } from "react";

import { useText } from "../../text/language";
import { SignInForm } from "./SignIn";
import { signInText } from "./text";

/** Above a page whose session ended by itself: whoever signs in again goes on with what is typed
 * there. Nothing of it is seen meanwhile. */
export function SignInAgain() {
  const t = useText(signInText);
  const dialog = useRef<HTMLDialogElement>(null);
  const open = () => {
    if (!dialog.current?.open) dialog.current?.showModal();
  };
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="again sign-in"
      aria-label={t.title}
      onCancel={(event) => event.preventDefault()}
      // A browser that is asked twice closes it all the same.
      onClose={open}
    >
      <SignInForm to={location.pathname + location.search} />
    </dialog>
  );
}
