import { type Section, SectionsPage } from "../SectionsPage";
import { AboutSection } from "./AboutSection";
import { AccountSection } from "./AccountSection";
import { AppearanceSection } from "./AppearanceSection";
import { KeyboardSection } from "./KeyboardSection";
import { NotificationsSection } from "./NotificationsSection";
import { PrivacySection } from "./PrivacySection";
import { ProfileSection } from "./ProfileSection";
import { SessionsSection } from "./SessionsSection";

const SECTIONS: readonly Section[] = [
  { id: "profile", title: "settings.profile", icon: "person", Content: ProfileSection },
  { id: "account", title: "settings.account", icon: "lock", Content: AccountSection },
  { id: "sessions", title: "settings.sessions", icon: "device", Content: SessionsSection },
  { id: "privacy", title: "settings.privacy", icon: "seen", Content: PrivacySection },
  { id: "notifications", title: "settings.notifications", icon: "bell", Content: NotificationsSection },
  { id: "appearance", title: "settings.appearance", icon: "palette", Content: AppearanceSection },
  { id: "keyboard", title: "keyboard.title", icon: "keyboard", Content: KeyboardSection },
  { id: "about", title: "settings.about", icon: "info", Content: AboutSection },
];

/** What is one's own: who one is, where one is logged in, and how the client is. */
export default function SettingsPage({ section }: { readonly section: string }) {
  return <SectionsPage heading="settings.title" base="/settings" chosen={section} sections={SECTIONS} />;
}
