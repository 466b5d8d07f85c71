import { useEffect, useSyncExternalStore } from "react";

import type { OpsClient } from "../../app/ops";
import { Splash } from "../Splash";
import { useText } from "../words";
import { Forbidden, OpsLogin } from "./OpsLogin";
import { OpsPage } from "./OpsPage";

export function OpsApp({ client }: { readonly client: OpsClient }) {
  const t = useText();
  const title = t("ops.pageTitle");
  const state = useSyncExternalStore(client.store.subscribe, client.store.get);
  useEffect(() => { document.title = title; }, [title]);

  switch (state.session.status) {
    case "restoring":
      return <Splash />;
    case "anonymous":
      return <OpsLogin client={client} notice={state.session.notice} />;
    case "forbidden":
      return <Forbidden client={client} />;
    case "active":
      return <OpsPage client={client} state={state} />;
  }
}
