import { type SyntheticEvent, useState } from "react";

import { useAction } from "../action";
import { useClient } from "../context";
import { Field } from "../Field";
import { Icon } from "../Icon";
import { Dialog } from "../parts/Dialog";
import { useToast } from "../parts/toasts";
import { PasswordField } from "../PasswordField";
import { Rich, useText } from "../words";
import { Group } from "./Group";
import { useMe } from "./me";

/** How one comes in, and how one goes. */
export function AccountSection() {
  const client = useClient();
  const t = useText();
  const me = useMe();
  const [isLeaving, setLeaving] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const username = me?.username ?? "";
  return (
    <>
      <Group title={t("common.userName")} hint={t("settings.userNameHint")}>
        <p className="fact" dir="ltr">@{username}</p>
      </Group>
      <PasswordForm username={username} />
      <Group title={t("common.logOut")} hint={t("settings.logOutHint")}>
        <div className="buttons">
          <button
            className="button"
            type="button"
            disabled={isLeaving}
            onClick={() => {
              setLeaving(true);
              void client.logout();
            }}
          >
            <Icon name="logout" size={18} /> {t("common.logOut")}
          </button>
        </div>
      </Group>
      <Group title={t("settings.deleteAccount")} hint={t("settings.deleteHint")}>
        <div className="buttons">
          <button className="button button-danger" type="button" onClick={() => { setDeleting(true); }}>{t("settings.deleteAsk")}</button>
        </div>
      </Group>
      {isDeleting && <DeleteDialog username={username} onClose={() => { setDeleting(false); }} />}
    </>
  );
}

function PasswordForm({ username }: { readonly username: string }) {
  const client = useClient();
  const t = useText();
  const toast = useToast();
  const changing = useAction();
  const [before, setBefore] = useState("");
  const [next, setNext] = useState("");

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void changing.run(
      () => client.account.changePassword(before, next),
      () => {
        setBefore("");
        setNext("");
        toast(t("settings.passwordChanged"));
      },
    );
  };

  return (
    <Group title={t("account.password")} hint={t("settings.passwordHint")}>
      <form className="group-form" onSubmit={submit} data-testid="password-form">
        <input className="visually-hidden" type="text" name="username" autoComplete="username" value={username} readOnly tabIndex={-1} aria-hidden="true" />
        <PasswordField label={t("settings.passwordOld")} name="old-password" value={before} onChange={setBefore} />
        <PasswordField label={t("settings.passwordNew")} name="new-password" value={next} onChange={setNext} known={[username]} />
        {changing.error !== null && <p className="error" role="alert">{changing.error}</p>}
        <div className="buttons">
          <button className="button button-primary" type="submit" disabled={changing.isBusy}>{t("settings.passwordChange")}</button>
        </div>
      </form>
    </Group>
  );
}

function DeleteDialog({ username, onClose }: { readonly username: string; readonly onClose: () => void }) {
  const client = useClient();
  const t = useText();
  const deleting = useAction();
  const [password, setPassword] = useState("");
  const [typed, setTyped] = useState("");
  const isSure = typed.trim().toLowerCase() === username;

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (isSure) {
      void deleting.run(() => client.account.remove(password));
    }
  };

  return (
    <Dialog title={t("settings.deleteTitle")} role="alertdialog" onClose={onClose}>
      <form className="dialog-form" onSubmit={submit} data-testid="delete-form">
        <ul className="consequences">
          <li>{t("settings.deleteSessions")}</li>
          <li>{t("settings.deleteMessages")}</li>
          <li>{t("settings.deleteName")}</li>
        </ul>
        <p><Rich id="settings.deleteConfirm" values={{ username, name: (children) => <strong dir="ltr">{children}</strong> }} /></p>
        <Field label={t("common.userName")} name="confirm" value={typed} onChange={setTyped} autoComplete="off" autoCapitalize="none" spellCheck={false} dir="ltr" required />
        <PasswordField label={t("account.password")} name="password" value={password} onChange={setPassword} />
        {deleting.error !== null && <p className="error" role="alert">{deleting.error}</p>}
        <div className="buttons">
          <button className="button button-danger-filled" type="submit" disabled={!isSure || password === "" || deleting.isBusy}>{t("settings.deleteForGood")}</button>
          <button className="button" type="button" onClick={onClose}>{t("common.cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}
