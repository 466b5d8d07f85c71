import { Fragment, memo, type ReactNode } from "react";

import { blocks, type Block, type Span, spanWords } from "../core/markdown";
import { Link } from "./Link";

/** Shows a plain part of a text in another way. It must stay the same function, or all is drawn anew. */
export type ShowPlain = (text: string) => ReactNode;

const asItIs: ShowPlain = (text) => text;

/** What a text shows. Whatever is in it becomes text, or one of the elements below. */
export const Text = memo(function Text({ text, plain = asItIs }: { readonly text: string; readonly plain?: ShowPlain }) {
  return (
    <div className="bubble-text" data-testid="message-text" dir="auto">
      <Blocks blocks={blocks(text)} plain={plain} />
    </div>
  );
});

function Blocks({ blocks, plain }: { readonly blocks: readonly Block[]; readonly plain: ShowPlain }) {
  return blocks.map((block, index) => {
    switch (block.type) {
      case "paragraph":
        return (
          <p key={index} dir="auto">
            <Spans spans={block.spans} plain={plain} />
          </p>
        );
      case "code":
        return (
          <pre key={index} dir="ltr">
            <code>{block.text}</code>
          </pre>
        );
      case "quote":
        return (
          <blockquote key={index}>
            <Blocks blocks={block.blocks} plain={plain} />
          </blockquote>
        );
      case "list": {
        const items = block.items.map((item, place) => (
          <li key={place}>
            <Blocks blocks={item} plain={plain} />
          </li>
        ));
        return block.start === null ? <ul key={index}>{items}</ul> : <ol key={index} start={block.start}>{items}</ol>;
      }
    }
  });
}

function Spans({ spans, plain }: { readonly spans: readonly Span[]; readonly plain: ShowPlain }) {
  return spans.map((span, index) => {
    switch (span.type) {
      case "text":
        return <Fragment key={index}>{plain(span.text)}</Fragment>;
      case "code":
        return <code key={index}>{span.text}</code>;
      case "strong":
        return (
          <strong key={index}>
            <Spans spans={span.spans} plain={plain} />
          </strong>
        );
      case "emphasis":
        return (
          <em key={index}>
            <Spans spans={span.spans} plain={plain} />
          </em>
        );
      case "deleted":
        return (
          <del key={index}>
            <Spans spans={span.spans} plain={plain} />
          </del>
        );
      case "link":
        return (
          <Link key={index} href={span.href} text={spanWords(span.spans)}>
            <Spans spans={span.spans} plain={asItIs} />
          </Link>
        );
    }
  });
}
