package main

import (
	"context"
	"fmt"

	chat "example.com/elastic-chat/client/gen/elastic_chat/gateway/v1"
	types "example.com/elastic-chat/client/gen/elastic_chat/types/v1"
)

// Connection is a stream of frames, on which hello was said and welcome answered.
type Connection struct {
	frames  chat.GatewayService_ConnectClient
	Welcome *chat.Welcome
}

// Open says hello. The connection ends with ctx, or with Close.
func Open(ctx context.Context, gateway chat.GatewayServiceClient, accessToken string) (*Connection, error) {
	frames, err := gateway.Connect(ctx)
	if err != nil {
		return nil, err
	}
	hello := &chat.Hello{AccessToken: accessToken}
	if err := frames.Send(&chat.ClientFrame{Frame: &chat.ClientFrame_Hello{Hello: hello}}); err != nil {
		return nil, err
	}
	connection := &Connection{frames: frames}
	connection.Welcome, err = next(connection, (*chat.ServerFrame).GetWelcome)
	return connection, err
}

// Say sends a message, or the same one again: what counts is its id.
func (c *Connection) Say(conversationID, messageID, text string) error {
	send := &chat.Send{ConversationId: conversationID, MessageId: messageID, Body: &types.Body{Text: text}}
	return c.frames.Send(&chat.ClientFrame{Frame: &chat.ClientFrame_Send{Send: send}})
}

// Close tells the gateway that no more frames will come.
func (c *Connection) Close() error {
	return c.frames.CloseSend()
}

// next returns the next frame of one kind and passes over others. A refusal is an error.
func next[T any](c *Connection, kind func(*chat.ServerFrame) *T) (*T, error) {
	for {
		frame, err := c.frames.Recv()
		if err != nil {
			return nil, err
		}
		if found := kind(frame); found != nil {
			return found, nil
		}
		if reject := frame.GetReject(); reject != nil {
			return nil, fmt.Errorf("refused: %s: %s", reject.Reason, reject.Message)
		}
	}
}
