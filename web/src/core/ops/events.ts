/** What is wrong in a stack, and what has changed between two reports of it. */

import type { Link, Process, Report } from "./report";

export type Level = "bad" | "well" | "note";

export interface Change {
  readonly level: Level;
  readonly text: string;
}

export interface Event extends Change {
  /** Unix milliseconds. */
  readonly at: number;
  readonly key: string;
}

export const MOST_EVENTS = 60;
const LAG_WORTH_A_NOTE = 1_000;
const CERTIFICATE_LEFT_MS = 3_600_000;

/** The sentences of an operator who looks at it all. */
export function problems(report: Report): readonly string[] {
  return [
    ...Object.entries(report.faults).map(([part, why]) => `${capital(part)} could not be had. ${why}`),
    ...report.silent.map((envoy) => `${envoy} does not answer.`),
    ...(report.processes ?? []).filter((one) => !one.healthy).map((one) => `${one.name} is ${one.state === "running" ? "not well" : one.state}: ${one.waitingFor ?? "it does not run"}.`),
    ...[...against(report.links)].map(([instance, { callers, faults }]) => `${instance} gets no calls from ${listed(callers)}: ${listed(faults)}.`),
    ...[...breakers(report.links)].map((breaker) => `${breaker}.`),
    ...(report.processes ?? []).filter(isBehind).map((one) => `${one.name} is ${count(one.lagRecords)} records behind.`),
    ...ending(report).map((envoy) => `A certificate of ${envoy} ends within the hour, and was not renewed.`),
  ];
}

/** What has happened, in the order in which one wants to read it. */
export function changes(before: Report, now: Report): readonly Change[] {
  return [...ofProcesses(before, now), ...ofSilence(before, now), ...ofHosts(before, now), ...ofEjections(before, now), ...ofBreakers(before, now)];
}

export function withChanges(events: readonly Event[], before: Report | null, now: Report): readonly Event[] {
  const found = before === null ? [] : changes(before, now);
  const at = Date.parse(now.at);
  return [...found.map((change, index) => ({ ...change, at, key: `${at}-${index}` })), ...events].slice(0, MOST_EVENTS);
}

function ofProcesses({ processes: before }: Report, { processes: now }: Report): readonly Change[] {
  if (before === null || now === null) {
    return [];
  }
  const was = new Map(before.map((one) => [one.name, one]));
  const is = new Set(now.map((one) => one.name));
  return [
    ...now.flatMap((one) => {
      const old = was.get(one.name);
      return old === undefined ? [well(`${one.name} was added.`)] : ofProcess(old, one);
    }),
    ...before.filter((one) => !is.has(one.name)).map((one) => note(`${one.name} was taken away.`)),
  ];
}

function ofProcess(before: Process, now: Process): readonly Change[] {
  const isOut = now.state === "drained" || now.state === "draining";
  return [
    ...(now.crashes > before.crashes ? [bad(`${now.name} has ended without being told to: ${now.lastCrash ?? "nobody knows how"}.`)] : []),
    ...(now.crashes === before.crashes && now.pid !== null && before.pid !== null && now.pid !== before.pid ? [note(`${now.name} was started again.`)] : []),
    ...(isOut && before.state !== now.state ? [note(`${now.name} is ${now.state}.`)] : []),
    ...(before.healthy && !now.healthy ? [bad(`${now.name} is not well: ${now.waitingFor ?? now.state}.`)] : []),
    ...(!before.healthy && now.healthy && !isOut ? [well(`${now.name} is well again.`)] : []),
    ...(!isBehind(before) && isBehind(now) ? [bad(`${now.name} is ${count(now.lagRecords)} records behind.`)] : []),
    ...(isBehind(before) && !isBehind(now) ? [well(`${now.name} has caught up.`)] : []),
  ];
}

function ofSilence(before: Report, now: Report): readonly Change[] {
  return [
    ...now.silent.filter((envoy) => !before.silent.includes(envoy)).map((envoy) => bad(`${envoy} does not answer.`)),
    ...before.silent.filter((envoy) => !now.silent.includes(envoy)).map((envoy) => well(`${envoy} answers again.`)),
  ];
}

function ofHosts({ links: before }: Report, { links: now }: Report): readonly Change[] {
  if (before === null || now === null) {
    return [];
  }
  const [was, is] = [against(before), against(now)];
  return [
    ...[...is]
      .filter(([instance]) => !was.has(instance))
      .map(([instance, { callers, faults }]) => bad(`${instance} gets no more calls from ${listed(callers)}: ${listed(faults)}.`)),
    ...[...was].filter(([instance]) => !is.has(instance)).map(([instance]) => well(`${instance} gets calls from everyone who knows it.`)),
  ];
}

/** What outlier detection has put aside between the two looks, even if it is back already. */
function ofEjections({ links: before }: Report, { links: now }: Report): readonly Change[] {
  const was = new Map((before ?? []).map((link) => [linkId(link), link.ejections]));
  return (now ?? [])
    .filter((link) => link.ejections > (was.get(linkId(link)) ?? link.ejections))
    .map((link) => bad(`${link.envoy} has put an instance of ${link.service} aside: too many of its calls failed in a row.`));
}

function ofBreakers({ links: before }: Report, { links: now }: Report): readonly Change[] {
  const [was, is] = [breakers(before), breakers(now)];
  return [
    ...[...is].filter((breaker) => !was.has(breaker)).map((breaker) => bad(`${breaker}.`)),
    ...[...was].filter((breaker) => !is.has(breaker)).map((breaker) => well(`No more: ${breaker}.`)),
  ];
}

/** The instances that somebody sends no calls to, with whom, and why. */
export function against(links: readonly Link[] | null): ReadonlyMap<string, { readonly callers: readonly string[]; readonly faults: readonly string[] }> {
  const found = new Map<string, { callers: string[]; faults: string[] }>();
  for (const link of links ?? []) {
    for (const host of link.hosts.filter((one) => !one.healthy)) {
      const known = found.get(host.instance) ?? { callers: [], faults: [] };
      found.set(host.instance, { callers: joined(known.callers, [link.envoy]), faults: joined(known.faults, host.faults) });
    }
  }
  return found;
}

function breakers(links: readonly Link[] | null): ReadonlySet<string> {
  return new Set((links ?? []).flatMap((link) => link.openBreakers.map((what) => `${link.envoy} makes no more ${what} to ${link.service}`)));
}

function ending(report: Report): readonly string[] {
  const soon = Date.parse(report.at) + CERTIFICATE_LEFT_MS;
  return [...new Set((report.certificates ?? []).filter((one) => Date.parse(one.ends) < soon).map((one) => one.envoy))];
}

function isBehind(process: Process): boolean {
  return (process.lagRecords ?? 0) > LAG_WORTH_A_NOTE;
}

function joined(known: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...known, ...more])];
}

function linkId(link: Link): string {
  return `${link.envoy} ${link.cluster}`;
}

function listed(names: readonly string[]): string {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(names);
}

function count(value: number | null): string {
  return (value ?? 0).toLocaleString("en");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function bad(text: string): Change {
  return { level: "bad", text };
}

function well(text: string): Change {
  return { level: "well", text };
}

function note(text: string): Change {
  return { level: "note", text };
}
