package client;

import client.elastic_chat.gateway.v1.ClientFrame;
import client.elastic_chat.gateway.v1.GatewayServiceGrpc;
import client.elastic_chat.gateway.v1.Hello;
import client.elastic_chat.gateway.v1.Send;
import client.elastic_chat.gateway.v1.ServerFrame;
import client.elastic_chat.types.v1.Body;
import io.grpc.Channel;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.util.concurrent.TimeUnit;

/** A stream of frames, on which hello was said and welcome answered. */
final class Connection implements AutoCloseable {
  private final BlockingClientCall<ClientFrame, ServerFrame> frames;

  Connection(Channel edge, String accessToken) throws InterruptedException, StatusException {
    frames = GatewayServiceGrpc.newBlockingV2Stub(edge).withDeadlineAfter(30, TimeUnit.SECONDS).connect();
    frames.write(ClientFrame.newBuilder().setHello(Hello.newBuilder().setAccessToken(accessToken)).build());
    next(ServerFrame.FrameCase.WELCOME);
  }

  /** Sends a message, or the same one again: what counts is its id. */
  void say(String conversationId, String messageId, String text) throws InterruptedException, StatusException {
    var send = Send.newBuilder()
        .setConversationId(conversationId)
        .setMessageId(messageId)
        .setBody(Body.newBuilder().setText(text));
    frames.write(ClientFrame.newBuilder().setSend(send).build());
  }

  /** Returns the next frame of one kind and passes over others. A refusal is an error. */
  ServerFrame next(ServerFrame.FrameCase kind) throws InterruptedException, StatusException {
    while (true) {
      var frame = frames.read();
      if (frame == null) {
        throw new IllegalStateException("the stream ended before a frame of kind " + kind);
      }
      if (frame.getFrameCase() == kind) {
        return frame;
      }
      if (frame.hasReject()) {
        throw new IllegalStateException("refused: " + frame.getReject().getReason() + ": " + frame.getReject().getMessage());
      }
    }
  }

  /** Tells the gateway that no more frames will come. */
  @Override
  public void close() {
    frames.halfClose();
  }
}
