// An example client: two people register, connect, chat and read back what was said.
//
// It exits with 0 only if all of it was as it should be. Its argument is the address of the edge, localhost:8080 unless given.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	accounts "example.com/elastic-chat/client/gen/elastic_chat/accounts/v1"
	chat "example.com/elastic-chat/client/gen/elastic_chat/gateway/v1"
	history "example.com/elastic-chat/client/gen/elastic_chat/history/v1"
	router "example.com/elastic-chat/client/gen/elastic_chat/router/v1"
	types "example.com/elastic-chat/client/gen/elastic_chat/types/v1"
)

var texts = []string{"Hello Bob", "It is Anna", "Are you there?"}

func main() {
	address := "localhost:8080"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx, address); err != nil {
		log.Fatal(err)
	}
	fmt.Println("Go: registered, connected, sent, received and read back")
}

func run(ctx context.Context, address string) error {
	edge, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer edge.Close()

	anna, err := register(ctx, edge, "anna")
	if err != nil {
		return err
	}
	bob, err := register(ctx, edge, "bob")
	if err != nil {
		return err
	}
	created, err := router.NewRouterServiceClient(edge).CreateConversation(
		as(ctx, anna),
		&router.CreateConversationRequest{Kind: types.Conversation_DIRECT, MemberIds: []string{bob.UserId}},
	)
	if err != nil {
		return err
	}
	conversationID := created.Conversation.ConversationId

	if err := talk(ctx, chat.NewGatewayServiceClient(edge), anna, bob, conversationID); err != nil {
		return err
	}
	if err := readBack(as(ctx, bob), history.NewHistoryServiceClient(edge), conversationID); err != nil {
		return err
	}
	return beRefused(as(ctx, anna), router.NewRouterServiceClient(edge))
}

func register(ctx context.Context, edge *grpc.ClientConn, name string) (*accounts.RegisterResponse, error) {
	return accounts.NewAccountsServiceClient(edge).Register(ctx, &accounts.RegisterRequest{
		Username: name + "-" + uuid.NewString()[:12],
		Password: uuid.NewString(),
	})
}

// as returns a context for calls that a user makes.
func as(ctx context.Context, user *accounts.RegisterResponse) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+user.AccessToken)
}

// talk lets Anna say everything twice, as if each first answer had been lost, and Bob hear it once and in order.
func talk(ctx context.Context, gateway chat.GatewayServiceClient, anna, bob *accounts.RegisterResponse, conversationID string) error {
	speaker, err := Open(ctx, gateway, anna.AccessToken)
	if err != nil {
		return err
	}
	listener, err := Open(ctx, gateway, bob.AccessToken)
	if err != nil {
		return err
	}
	for _, text := range texts {
		messageID := uuid.Must(uuid.NewV7()).String()
		var seqs []int64
		for range 2 {
			if err := speaker.Say(conversationID, messageID, text); err != nil {
				return err
			}
			ack, err := next(speaker, (*chat.ServerFrame).GetAck)
			if err != nil {
				return err
			}
			seqs = append(seqs, ack.Seq)
		}
		entry, err := next(listener, (*chat.ServerFrame).GetEntry)
		if err != nil {
			return err
		}
		if entry.Body.GetText() != text || entry.SenderId != anna.UserId || !slices.Equal(seqs, []int64{entry.Seq, entry.Seq}) {
			return fmt.Errorf("said %q with seqs %v, and heard %v", text, seqs, entry)
		}
	}
	return errors.Join(speaker.Close(), listener.Close())
}

// readBack pages from the newest entry to the oldest.
func readBack(ctx context.Context, reader history.HistoryServiceClient, conversationID string) error {
	var said []string
	request := &history.ListMessagesRequest{ConversationId: conversationID, PageSize: 2}
	for {
		page, err := reader.ListMessages(ctx, request)
		if err != nil {
			return err
		}
		for _, entry := range slices.Backward(page.Entries) {
			if entry.Kind == types.Entry_MESSAGE {
				said = append(said, entry.Body.Text)
			}
		}
		if !page.HasMore {
			break
		}
		request.BeforeSeq = page.Entries[0].Seq
	}
	slices.Reverse(said)
	if !slices.Equal(said, texts) {
		return fmt.Errorf("said %q, and read back %q", texts, said)
	}
	return nil
}

// beRefused sends to a conversation that does not exist, and looks for the reason.
func beRefused(ctx context.Context, sender router.RouterServiceClient) error {
	_, err := sender.SendMessage(ctx, &router.SendMessageRequest{
		ConversationId: uuid.NewString(),
		MessageId:      uuid.Must(uuid.NewV7()).String(),
		Body:           &types.Body{Text: "Is anybody there?"},
	})
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.Domain == "elastic-chat" && info.Reason == "UNKNOWN_CONVERSATION" {
			return nil
		}
	}
	return fmt.Errorf("a message to nobody was answered by %v", err)
}
