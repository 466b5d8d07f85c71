import type { Certificate } from "../../core/ops/report";
import { duration } from "../../core/ops/words";
import { useWords } from "../words";
import { Table } from "./Table";

const COLUMNS = [["ops.envoy"], ["ops.for"], ["ops.endsIn", "number"], ["ops.lifeLeft"], ["ops.serial"]] as const;
/** A certificate is renewed when two thirds of its life are left: with less than a quarter, something holds that up. */
const LITTLE = 0.25;

interface CertificatesProps {
  readonly certificates: readonly Certificate[] | null;
  readonly now: number;
  readonly fault: string | undefined;
}

export function Certificates({ certificates, now, fault }: CertificatesProps) {
  const words = useWords();
  const { t } = words;
  const own = (certificates ?? []).filter((one) => one.kind === "own");
  return (
    <Table title={t("ops.certificates")} note={t("ops.certificatesNote")} fault={fault} testId="certificates" columns={COLUMNS}>
      {own.map((one) => {
        const [begins, ends] = [Date.parse(one.begins), Date.parse(one.ends)];
        const left = Math.max(0, Math.min(1, (ends - now) / (ends - begins)));
        return (
          <tr key={`${one.envoy} ${one.serial}`}>
            <th scope="row">{one.envoy}</th>
            <td className="ops-soft">{one.names.join(", ")}</td>
            <td data-kind="number" data-tone={left < LITTLE ? "bad" : "plain"}>{duration(ends - now, words)}</td>
            <td>
              <meter className="ops-meter" min={0} max={1} low={LITTLE} optimum={1} value={left} aria-label={t("ops.lifeLeft")}>
                {words.number(left, { style: "percent" })}
              </meter>
            </td>
            <td className="ops-serial">{one.serial.slice(0, 16)}</td>
          </tr>
        );
      })}
    </Table>
  );
}
