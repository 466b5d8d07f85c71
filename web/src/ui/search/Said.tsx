import { pieces } from "../../core/search";
import { nameOf } from "../../core/select";
import { myId, type State } from "../../core/state";
import type { Found, FoundIn, Highlight } from "../../core/types";
import { describe } from "../../core/wording";
import { useSelected } from "../context";
import { Icon } from "../Icon";
import { useWords } from "../words";

const partOf = ({ session, users }: State) => ({ session, users });

/** What a message says of what was looked for, with that marked. All of it is text. */
export function Said({ found: { entry, highlights, snippet } }: { readonly found: Found }) {
  const words = useWords();
  const state = useSelected(partOf);
  const { content } = entry;
  if (content.kind !== "message") {
    return null;
  }
  const { text, files = [], poll } = content.said;
  const marks = (where: FoundIn, index = 0) => highlights.filter((one) => one.in === where && one.index === index);
  return (
    <>
      {text === "" || highlights.length === 0 ? (
        describe(entry, myId(state), (userId) => nameOf(state, userId, words), words)
      ) : (
        <Marked text={text} marks={marks("text")} part={snippet} />
      )}
      {files.map(({ fileId, name }, index) => marks("file", index).length > 0 && (
        <span key={fileId} className="search-file">
          <Icon name="file" size={14} /> <bdi><Marked text={name} marks={marks("file", index)} part={null} /></bdi>
        </span>
      ))}
      {poll?.options.map((option, index) => marks("option", index).length > 0 && (
        <span key={option} className="search-file">
          <Icon name="checks" size={14} /> <bdi><Marked text={option} marks={marks("option", index)} part={null} /></bdi>
        </span>
      ))}
    </>
  );
}

function Marked({ text, marks, part }: { readonly text: string; readonly marks: readonly Highlight[]; readonly part: Found["snippet"] }) {
  return pieces(text, marks, part).map((piece, index) => (piece.isMarked ? <mark key={index}>{piece.text}</mark> : piece.text));
}
