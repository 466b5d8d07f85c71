import { type SyntheticEvent, useState } from "react";

import type { Account, Suspension } from "../../core/types";
import { useAction } from "../action";
import { useClient } from "../context";
import { Field } from "../Field";
import { Avatar } from "../parts/Avatar";
import { Confirm } from "../parts/Confirm";
import { Dialog } from "../parts/Dialog";
import { Switch } from "../parts/Switch";
import { useToast } from "../parts/toasts";
import { PasswordField } from "../PasswordField";
import { Group } from "../settings/Group";
import { useMe } from "../settings/me";
import { useText, useWords } from "../words";
import { SuspendFields, WEEK_S } from "./SuspendFields";

/** Those who have an account: one looks for them by their user name. */
export function UsersSection() {
  const client = useClient();
  const t = useText();
  const finding = useAction();
  const [username, setUsername] = useState("");
  const [found, setFound] = useState<Account | null>(null);
  const [isMaking, setMaking] = useState(false);

  const find = (event: SyntheticEvent) => {
    event.preventDefault();
    setFound(null);
    void finding.run(async () => { setFound(await client.admin.getAccount({ username: username.trim().toLowerCase() })); });
  };

  return (
    <>
      <Group title={t("admin.find")} hint={t("admin.findHint")}>
        <form className="dialog-row" role="search" onSubmit={find}>
          <Field label={t("common.userName")} name="find" value={username} onChange={setUsername} autoComplete="off" autoCapitalize="none" spellCheck={false} dir="ltr" required />
          <button className="button" type="submit" disabled={finding.isBusy}>{t("admin.findAction")}</button>
        </form>
        {finding.error !== null && <p className="error" role="alert">{finding.error}</p>}
        {found !== null && <UserCard key={found.user.userId} account={found} onChanged={setFound} />}
      </Group>
      <Group title={t("admin.make")} hint={t("admin.makeHint")}>
        <div className="buttons">
          <button className="button button-primary" type="button" onClick={() => { setMaking(true); }}>{t("admin.makeAction")}</button>
        </div>
      </Group>
      {isMaking && <MakeDialog onClose={() => { setMaking(false); }} onMade={setFound} />}
    </>
  );
}

interface UserCardProps {
  readonly account: Account;
  /** Null when there is none any more. */
  readonly onChanged: (account: Account | null) => void;
}

function UserCard({ account, onChanged }: UserCardProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const changing = useAction();
  const me = useMe();
  const [asked, setAsked] = useState<"disable" | "delete" | "password" | "suspend" | null>(null);
  const { user, isAdmin, isDisabled, suspension } = account;
  const isMe = user.userId === me?.userId;
  const name = user.displayName ?? t("common.deletedUser");
  const close = () => { setAsked(null); };

  const disable = async (next: boolean) => {
    await client.admin.setDisabled(user.userId, next);
    onChanged({ ...account, isDisabled: next });
  };
  const remove = async () => {
    await client.admin.deleteUser(user.userId);
    onChanged(null);
    toast(t("admin.deleted", { name }));
  };

  return (
    <article className="row row-stacked" aria-label={name} data-testid="account" data-disabled={isDisabled}>
      <Avatar id={user.userId} name={name} />
      <div className="row-text">
        <p className="row-title" dir="auto">{name}</p>
        <p className="field-hint" dir="ltr">@{user.username}</p>
        {isDisabled && <p className="field-hint">{t("admin.disabled")}</p>}
        {suspension !== null && <p className="field-hint" data-testid="suspension">{t("admin.suspended", { time: words.moment(suspension.endsAt), reason: suspension.reason })}</p>}
      </div>
      <div className="card-parts">
        <Switch
          label={t("admin.isAdmin")}
          hint={t(isMe ? "admin.notMyself" : "admin.isAdminHint")}
          isOn={isAdmin}
          isDisabled={changing.isBusy || isMe}
          onChange={(next) => void changing.run(() => client.admin.setAdmin(user.userId, next), () => { onChanged({ ...account, isAdmin: next }); })}
        />
        {changing.error !== null && <p className="error" role="alert">{changing.error}</p>}
        <div className="buttons">
          <button className="button" type="button" onClick={() => { setAsked("password"); }}>{t("admin.password")}</button>
          {suspension !== null && <button className="button" type="button" disabled={changing.isBusy} onClick={() => void changing.run(() => client.moderation.liftSuspension(user.userId), () => { onChanged({ ...account, suspension: null }); })}>{t("admin.lift")}</button>}
          {suspension === null && !isMe && <button className="button button-danger" type="button" onClick={() => { setAsked("suspend"); }}>{t("admin.suspend")}</button>}
          {isDisabled && <button className="button" type="button" disabled={changing.isBusy} onClick={() => void changing.run(() => disable(false))}>{t("admin.enable")}</button>}
          {!isDisabled && !isMe && <button className="button button-danger" type="button" onClick={() => { setAsked("disable"); }}>{t("admin.disable")}</button>}
          {!isMe && <button className="button button-danger" type="button" onClick={() => { setAsked("delete"); }}>{t("admin.delete")}</button>}
        </div>
      </div>
      {asked === "disable" && (
        <Confirm title={t("admin.disableTitle", { name })} action={t("admin.disable")} isDanger onConfirm={() => disable(true)} onClose={close}>
          <p>{t("admin.disableHint")}</p>
        </Confirm>
      )}
      {asked === "delete" && (
        <Confirm title={t("admin.deleteTitle", { name })} action={t("settings.deleteForGood")} isDanger onConfirm={remove} onClose={close}>
          <p>{t("settings.deleteMessages")}</p>
        </Confirm>
      )}
      {asked === "suspend" && <SuspendDialog account={account} name={name} onClose={close} onSuspended={(next) => { onChanged({ ...account, suspension: next }); }} />}
      {asked === "password" && <PasswordDialog account={account} name={name} onClose={close} />}
    </article>
  );
}

interface SuspendDialogProps {
  readonly account: Account;
  readonly name: string;
  readonly onSuspended: (suspension: Suspension) => void;
  readonly onClose: () => void;
}

function SuspendDialog({ account: { user }, name, onSuspended, onClose }: SuspendDialogProps) {
  const client = useClient();
  const t = useText();
  const suspending = useAction();
  const [lasts, setLasts] = useState(WEEK_S);
  const [reason, setReason] = useState("");
  const suspend = (event: SyntheticEvent) => {
    event.preventDefault();
    void suspending.run(async () => {
      const suspension = { endsAt: Date.now() + lasts * 1_000, reason: reason.trim() };
      await client.moderation.suspend(user.userId, suspension);
      onSuspended(suspension);
    }, onClose);
  };
  return (
    <Dialog title={t("admin.suspendTitle", { name })} onClose={onClose}>
      <form className="dialog-form" onSubmit={suspend}>
        <p>{t("admin.suspendHint")}</p>
        <SuspendFields lasts={lasts} onLasts={setLasts} reason={reason} onReason={setReason} />
        {suspending.error !== null && <p className="error" role="alert">{suspending.error}</p>}
        <button className="button button-danger-filled" type="submit" disabled={suspending.isBusy}>{t("admin.suspend")}</button>
      </form>
    </Dialog>
  );
}

function PasswordDialog({ account: { user }, name, onClose }: { readonly account: Account; readonly name: string; readonly onClose: () => void }) {
  const client = useClient();
  const t = useText();
  const toast = useToast();
  const saving = useAction();
  const [password, setPassword] = useState("");
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    void saving.run(
      () => client.admin.resetPassword(user.userId, password),
      () => {
        toast(t("admin.passwordSet"));
        onClose();
      },
    );
  };
  return (
    <Dialog title={t("admin.passwordTitle", { name })} onClose={onClose}>
      <form className="dialog-form" onSubmit={save}>
        <p>{t("admin.passwordHint")}</p>
        <PasswordField label={t("settings.passwordNew")} name="new-password" value={password} onChange={setPassword} known={[user.username]} />
        {saving.error !== null && <p className="error" role="alert">{saving.error}</p>}
        <button className="button button-primary" type="submit" disabled={saving.isBusy}>{t("settings.save")}</button>
      </form>
    </Dialog>
  );
}

function MakeDialog({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (account: Account) => void }) {
  const client = useClient();
  const t = useText();
  const making = useAction();
  const [username, setUsername] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [isAdmin, setAdmin] = useState(false);
  const make = (event: SyntheticEvent) => {
    event.preventDefault();
    void making.run(async () => { onMade(await client.admin.createUser({ username: username.trim().toLowerCase(), displayName: displayName.trim(), password, isAdmin })); }, onClose);
  };
  return (
    <Dialog title={t("admin.makeAction")} onClose={onClose}>
      <form className="dialog-form" onSubmit={make} data-testid="make-user">
        <Field label={t("common.userName")} name="username" value={username} onChange={setUsername} autoComplete="off" autoCapitalize="none" spellCheck={false} dir="ltr" required hint={t("account.userNameHint")} />
        <Field label={t("account.displayName")} name="displayName" value={displayName} onChange={setDisplayName} autoComplete="off" maxLength={64} isOptional />
        <PasswordField label={t("account.password")} name="password" value={password} onChange={setPassword} known={[username, displayName]} />
        <Switch label={t("admin.isAdmin")} hint={t("admin.isAdminHint")} isOn={isAdmin} onChange={setAdmin} />
        {making.error !== null && <p className="error" role="alert">{making.error}</p>}
        <button className="button button-primary" type="submit" disabled={making.isBusy}>{t("admin.makeAction")}</button>
      </form>
    </Dialog>
  );
}
