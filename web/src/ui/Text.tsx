import { memo } from "react";

import { blocks, type Block, type Span, spanWords } from "../core/markdown";
import { Link } from "./Link";

/** What a text shows. Whatever is in it becomes text, or one of the elements below. */
export const Text = memo(function Text({ text }: { readonly text: string }) {
  return (
    <div className="bubble-text" data-testid="message-text" dir="auto">
      <Blocks blocks={blocks(text)} />
    </div>
  );
});

function Blocks({ blocks }: { readonly blocks: readonly Block[] }) {
  return blocks.map((block, index) => {
    switch (block.type) {
      case "paragraph":
        return (
          <p key={index} dir="auto">
            <Spans spans={block.spans} />
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
            <Blocks blocks={block.blocks} />
          </blockquote>
        );
      case "list": {
        const items = block.items.map((item, place) => (
          <li key={place}>
            <Blocks blocks={item} />
          </li>
        ));
        return block.start === null ? <ul key={index}>{items}</ul> : <ol key={index} start={block.start}>{items}</ol>;
      }
    }
  });
}

function Spans({ spans }: { readonly spans: readonly Span[] }) {
  return spans.map((span, index) => {
    switch (span.type) {
      case "text":
        return span.text;
      case "code":
        return <code key={index}>{span.text}</code>;
      case "strong":
        return (
          <strong key={index}>
            <Spans spans={span.spans} />
          </strong>
        );
      case "emphasis":
        return (
          <em key={index}>
            <Spans spans={span.spans} />
          </em>
        );
      case "deleted":
        return (
          <del key={index}>
            <Spans spans={span.spans} />
          </del>
        );
      case "link":
        return (
          <Link key={index} href={span.href} text={spanWords(span.spans)}>
            <Spans spans={span.spans} />
          </Link>
        );
    }
  });
}
