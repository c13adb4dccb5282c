// Answers which trunk, rule and room an inbound SIP call gets, by the functions that livekit-server itself calls.
//
// Each line of stdin is a JSON object: "trunks" and "rules" as protobuf JSON, and "calls". For each line, one line
// on stdout: a JSON array with the answer to each call.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/livekit/protocol/livekit"
)

type question struct {
	Trunks []json.RawMessage `json:"trunks"`
	Rules  []json.RawMessage `json:"rules"`
	Calls  []call            `json:"calls"`
}

// store holds what redis would: livekit-server lists both kinds sorted by ID.
type store struct {
	trunks []*livekit.SIPInboundTrunkInfo
	rules  []*livekit.SIPDispatchRuleInfo
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		answers, err := answerLine(line)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		out.Write(append(answers, '\n'))
		// Whoever asks waits for this answer before the next question.
		out.Flush()
	}
}

func answerLine(line []byte) ([]byte, error) {
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return nil, err
	}
	var st store
	var err error
	if st.trunks, err = parse(q.Trunks, func() *livekit.SIPInboundTrunkInfo { return new(livekit.SIPInboundTrunkInfo) }); err != nil {
		return nil, err
	}
	if st.rules, err = parse(q.Rules, func() *livekit.SIPDispatchRuleInfo { return new(livekit.SIPDispatchRuleInfo) }); err != nil {
		return nil, err
	}
	answers := make([]answer, len(q.Calls))
	for i, c := range q.Calls {
		answers[i] = st.dialogue(c)
	}
	return json.Marshal(answers)
}

// parse reads messages from protobuf JSON and sorts them by ID.
func parse[T interface {
	proto.Message
	ID() string
}](raw []json.RawMessage, create func() T) ([]T, error) {
	items := make([]T, len(raw))
	for i, text := range raw {
		items[i] = create()
		if err := protojson.Unmarshal(text, items[i]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(a.ID(), b.ID()) })
	return items, nil
}
