import type { User } from "../core/types";
import { Icon } from "./Icon";
import { PeopleField } from "./PeopleField";
import { useText } from "./words";

interface ManyPeopleFieldProps {
  readonly label: string;
  readonly name: string;
  readonly people: readonly User[];
  readonly onPeople: (people: readonly User[]) => void;
  /** What is typed and not chosen yet. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** User names that are not offered. */
  readonly without?: readonly string[];
  readonly hint: string;
}

/** Several people: those who are chosen, and where one looks for more. */
export function ManyPeopleField({ people, onPeople, onChange, without = [], ...field }: ManyPeopleFieldProps) {
  const t = useText();
  return (
    <>
      {people.length > 0 && (
        <ul className="picked" aria-label={t("conversations.picked")} data-testid="picked">
          {people.map(({ userId, username, displayName }) => (
            <li key={userId} className="picked-one">
              <bdi>{displayName ?? username}</bdi>
              <button
                className="button-icon picked-off"
                type="button"
                aria-label={t("conversations.pickedOff", { name: displayName ?? username })}
                onClick={() => { onPeople(people.filter((one) => one.userId !== userId)); }}
              >
                <Icon name="close" size={14} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <PeopleField
        {...field}
        onChange={onChange}
        without={new Set([...without, ...people.map(({ username }) => username)])}
        onPick={(user) => {
          onPeople([...people, user]);
          onChange("");
        }}
      />
    </>
  );
}
