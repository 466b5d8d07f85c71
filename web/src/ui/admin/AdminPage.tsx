import { useCallback } from "react";
import account from "virtual:texts/en/account";
import admin from "virtual:texts/en/admin";
import safety from "virtual:texts/en/safety";
import settings from "virtual:texts/en/settings";

import { useClient } from "../context";
import { Failure } from "../Failure";
import { useLoaded } from "../loaded";
import { EmptyState } from "../parts/EmptyState";
import { PageLink } from "../PageLink";
import { type Section, SectionsPage } from "../SectionsPage";
import { Splash } from "../Splash";
import { alsoSaying, useText } from "../words";
import { AuditSection } from "./AuditSection";
import { BotsSection } from "./BotsSection";
import { InvitesSection } from "./InvitesSection";
import { OperationsSection } from "./OperationsSection";
import { ReportsSection } from "./ReportsSection";
import { UsersSection } from "./UsersSection";

const SECTIONS: readonly Section[] = [
  { id: "reports", title: "admin.reports", icon: "flag", Content: ReportsSection },
  { id: "users", title: "admin.users", icon: "people", Content: UsersSection },
  { id: "invites", title: "admin.invites", icon: "ticket", Content: InvitesSection },
  { id: "bots", title: "admin.bots", icon: "bot", Content: BotsSection },
  { id: "audit", title: "admin.audit", icon: "note", Content: AuditSection },
  { id: "operations", title: "admin.operations", icon: "info", Content: OperationsSection },
];

/** What administrators do. The server asks them each time; to others this only says that they are none. */
function AdminPage({ section }: { readonly section: string }) {
  const client = useClient();
  const t = useText();
  const { value: isAdmin, failure, reload } = useLoaded(useCallback(() => client.isAdmin(), [client]));
  if (isAdmin === true) {
    return <SectionsPage heading="admin.title" base="/admin" chosen={section} sections={SECTIONS} />;
  }
  if (isAdmin === null && failure === null) {
    return <Splash />;
  }
  return (
    <main className="lonely" data-testid="admin-forbidden">
      {failure === null ? <EmptyState icon="shield" title={t("admin.forbidden")} /> : <Failure reason={failure} onRetry={reload} />}
      <PageLink className="button" to="/">{t("settings.leave")}</PageLink>
    </main>
  );
}

export default alsoSaying(AdminPage, account, admin, safety, settings);
