import account from "virtual:texts/en/account";
import keyboard from "virtual:texts/en/keyboard";
import safety from "virtual:texts/en/safety";
import settings from "virtual:texts/en/settings";

import { type Section, SectionsPage } from "../SectionsPage";
import { alsoSaying } from "../words";
import { AboutSection } from "./AboutSection";
import { AccountSection } from "./AccountSection";
import { AppearanceSection } from "./AppearanceSection";
import { KeyboardSection } from "./KeyboardSection";
import { NotificationsSection } from "./NotificationsSection";
import { PrivacySection } from "./PrivacySection";
import { ProfileSection } from "./ProfileSection";
import { SessionsSection } from "./SessionsSection";

const SECTIONS: readonly Section[] = [
  { id: "profile", title: "common.profile", icon: "person", Content: ProfileSection },
  { id: "account", title: "settings.account", icon: "lock", Content: AccountSection },
  { id: "sessions", title: "settings.sessions", icon: "device", Content: SessionsSection },
  { id: "privacy", title: "settings.privacy", icon: "seen", Content: PrivacySection },
  { id: "notifications", title: "settings.notifications", icon: "bell", Content: NotificationsSection },
  { id: "appearance", title: "settings.appearance", icon: "palette", Content: AppearanceSection },
  { id: "keyboard", title: "keyboard.title", icon: "keyboard", Content: KeyboardSection },
  { id: "about", title: "settings.about", icon: "info", Content: AboutSection },
];

/** What is one's own: who one is, where one is logged in, and how the client is. */
function SettingsPage({ section }: { readonly section: string }) {
  return <SectionsPage heading="common.settings" base="/settings" chosen={section} sections={SECTIONS} />;
}

export default alsoSaying(SettingsPage, account, keyboard, safety, settings);
