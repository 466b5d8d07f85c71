package client;

import client.elastic_chat.accounts.v1.AccountsServiceGrpc;
import client.elastic_chat.accounts.v1.RegisterRequest;
import client.elastic_chat.accounts.v1.RegisterResponse;
import client.elastic_chat.gateway.v1.ServerFrame.FrameCase;
import client.elastic_chat.history.v1.HistoryServiceGrpc;
import client.elastic_chat.history.v1.ListMessagesRequest;
import client.elastic_chat.router.v1.CreateConversationRequest;
import client.elastic_chat.router.v1.RouterServiceGrpc;
import client.elastic_chat.router.v1.SendMessageRequest;
import client.elastic_chat.types.v1.Body;
import client.elastic_chat.types.v1.Conversation;
import client.elastic_chat.types.v1.Entry;
import com.github.f4b6a3.uuid.UuidCreator;
import com.google.rpc.ErrorInfo;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.StatusException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * An example client: two people register, connect, chat and read back what was said.
 *
 * <p>It exits with 0 only if all of it was as it should be. Its argument is the address of the edge, localhost:8080 unless given.
 */
final class Main {
  private static final List<String> TEXTS = List.of("Hello Bob", "It is Anna", "Are you there?");
  private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Channel edge;

  private Main(Channel edge) {
    this.edge = edge;
  }

  public static void main(String[] arguments) throws Exception {
    var address = arguments.length > 0 ? arguments[0] : "localhost:8080";
    var edge = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create()).build();
    try {
      new Main(edge).run();
    } finally {
      edge.shutdownNow();
    }
    System.out.println("Java: registered, connected, sent, received and read back");
  }

  private void run() throws Exception {
    var anna = register("anna");
    var bob = register("bob");
    var request = CreateConversationRequest.newBuilder().setKind(Conversation.Kind.DIRECT).addMemberIds(bob.getUserId()).build();
    var created = as(anna, RouterServiceGrpc.newBlockingV2Stub(edge)).createConversation(request);
    var conversationId = created.getConversation().getConversationId();
    talk(anna, bob, conversationId);
    readBack(bob, conversationId);
    beRefused(anna);
  }

  private RegisterResponse register(String name) throws StatusException {
    var request = RegisterRequest.newBuilder()
        .setUsername(name + "-" + UUID.randomUUID().toString().substring(0, 12))
        .setPassword(UUID.randomUUID().toString())
        .build();
    return AccountsServiceGrpc.newBlockingV2Stub(edge).withDeadlineAfter(30, TimeUnit.SECONDS).register(request);
  }

  /** Returns a stub for calls that a user makes. */
  private static <S extends AbstractStub<S>> S as(RegisterResponse user, S stub) {
    var metadata = new Metadata();
    metadata.put(AUTHORIZATION, "Bearer " + user.getAccessToken());
    return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata)).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  /** Lets Anna say everything twice, as if each first answer had been lost, and Bob hear it once and in order. */
  private void talk(RegisterResponse anna, RegisterResponse bob, String conversationId) throws Exception {
    try (var speaker = new Connection(edge, anna.getAccessToken()); var listener = new Connection(edge, bob.getAccessToken())) {
      for (var text : TEXTS) {
        var messageId = UuidCreator.getTimeOrderedEpoch().toString();
        var seqs = new ArrayList<Long>();
        for (int times = 0; times < 2; times++) {
          speaker.say(conversationId, messageId, text);
          seqs.add(speaker.next(FrameCase.ACK).getAck().getSeq());
        }
        var entry = listener.next(FrameCase.ENTRY).getEntry();
        expect(text, entry.getBody().getText());
        expect(anna.getUserId(), entry.getSenderId());
        expect(List.of(entry.getSeq(), entry.getSeq()), seqs);
      }
    }
  }

  /** Pages from the newest entry to the oldest. */
  private void readBack(RegisterResponse reader, String conversationId) throws StatusException {
    var said = new ArrayList<String>();
    var request = ListMessagesRequest.newBuilder().setConversationId(conversationId).setPageSize(2);
    boolean hasMore = true;
    while (hasMore) {
      var page = as(reader, HistoryServiceGrpc.newBlockingV2Stub(edge)).listMessages(request.build());
      var texts = page.getEntriesList().stream()
          .filter(entry -> entry.getKind() == Entry.Kind.MESSAGE)
          .map(entry -> entry.getBody().getText())
          .toList();
      said.addAll(0, texts);
      request.setBeforeSeq(page.getEntries(0).getSeq());
      hasMore = page.getHasMore();
    }
    expect(TEXTS, said);
  }

  /** Sends to a conversation that does not exist, and looks for the reason. */
  private void beRefused(RegisterResponse sender) throws Exception {
    var request = SendMessageRequest.newBuilder()
        .setConversationId(UUID.randomUUID().toString())
        .setMessageId(UuidCreator.getTimeOrderedEpoch().toString())
        .setBody(Body.newBuilder().setText("Is anybody there?"))
        .build();
    try {
      as(sender, RouterServiceGrpc.newBlockingV2Stub(edge)).sendMessage(request);
    } catch (StatusException refusal) {
      var details = StatusProto.fromThrowable(refusal).getDetailsList();
      var info = details.get(0).unpack(ErrorInfo.class);
      expect("elastic-chat", info.getDomain());
      expect("UNKNOWN_CONVERSATION", info.getReason());
      return;
    }
    throw new IllegalStateException("a message to nobody was accepted");
  }

  private static void expect(Object wanted, Object found) {
    if (!wanted.equals(found)) {
      throw new IllegalStateException("expected " + wanted + ", and found " + found);
    }
  }
}
