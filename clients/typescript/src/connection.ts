import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client } from "@connectrpc/connect";
import { createWritableIterable } from "@connectrpc/connect/protocol";

import { Reason } from "../gen/elastic_chat/errors/v1/reason_pb.js";
import { type ClientFrame, ClientFrameSchema, type ServerFrame } from "../gen/elastic_chat/gateway/v1/frames_pb.js";
import { type GatewayService } from "../gen/elastic_chat/gateway/v1/gateway_service_pb.js";

type Kind = Exclude<ServerFrame["frame"]["case"], undefined>;
type Content<K extends Kind> = Extract<ServerFrame["frame"], { case: K }>["value"];

/** A stream of frames, on which hello was said and welcome answered. */
export class Connection {
  readonly #out = createWritableIterable<ClientFrame>();
  readonly #in: AsyncIterator<ServerFrame>;

  private constructor(gateway: Client<typeof GatewayService>, signal: AbortSignal) {
    this.#in = gateway.connect(this.#out, { signal })[Symbol.asyncIterator]();
  }

  /** Say hello. The connection ends with `signal`, or with `close`. */
  static async open(gateway: Client<typeof GatewayService>, accessToken: string, signal: AbortSignal): Promise<Connection> {
    const connection = new Connection(gateway, signal);
    await connection.#send({ case: "hello", value: { accessToken } });
    await connection.next("welcome");
    return connection;
  }

  /** Send a message, or the same one again: what counts is its id. */
  async say(conversationId: string, messageId: string, text: string): Promise<void> {
    await this.#send({ case: "send", value: { conversationId, messageId, body: { text } } });
  }

  /** Return the next frame of one kind and pass over others. A refusal is an error. */
  async next<K extends Kind>(kind: K): Promise<Content<K>> {
    for (;;) {
      const { done, value } = await this.#in.next();
      if (done) throw new Error(`the stream ended before a frame of kind ${kind}`);
      const { frame } = value;
      if (frame.case === kind) return frame.value as Content<K>;
      if (frame.case === "reject") throw new Error(`refused: ${Reason[frame.value.reason]}: ${frame.value.message}`);
    }
  }

  /** Tell the gateway that no more frames will come. */
  close(): void {
    this.#out.close();
  }

  async #send(frame: NonNullable<MessageInitShape<typeof ClientFrameSchema>["frame"]>): Promise<void> {
    await this.#out.write(create(ClientFrameSchema, { frame }));
  }
}
