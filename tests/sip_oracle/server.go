package main

import (
	"encoding/json"
	"errors"
	"net/netip"

	"github.com/dennwc/iters"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
	"github.com/livekit/protocol/sip"
)

// call is an inbound call. Pin is what the caller types when asked: nil is nothing at all, "" is a lone "#".
type call struct {
	Calling       string  `json:"calling"`
	Called        string  `json:"called"`
	SourceAddress string  `json:"source_address"`
	FromHost      string  `json:"from_host"`
	CallID        string  `json:"call_id"`
	Pin           *string `json:"pin"`
}

// answer is what becomes of a call. Exactly one of Error, Drop, AsksPin (with a nil Response) and Response is set,
// except that AsksPin stays set when the caller typed something and got further.
type answer struct {
	Trunk    string          `json:"trunk"`
	Auth     bool            `json:"auth"`
	Rule     string          `json:"rule"`
	AsksPin  bool            `json:"asks_pin"`
	Drop     bool            `json:"drop"`
	Error    string          `json:"error"`
	Between  []string        `json:"between"` // The IDs of the two trunks or rules in conflict.
	Response json.RawMessage `json:"response"`
}

// failure is an error of a kind that livekit-server tells apart in its log only.
type failure struct {
	kind    string
	between []string
}

func (f *failure) Error() string { return f.kind }

// dialogue is what livekit-sip does: credentials, then the rules without a PIN, then, if asked, with one.
func (st store) dialogue(c call) answer {
	var a answer
	trunk, err := st.credentials(c)
	if err != nil {
		return a.failed(err)
	}
	if trunk != nil {
		a.Trunk = trunk.SipTrunkId
		prompt, err := sip.InboundTrunkAuthPrompt(trunk)
		if err != nil {
			return a.failed(err)
		}
		a.Auth = prompt.Username != "" && prompt.Password != ""
	}
	resp, err := st.evaluate(c, trunk, "", false)
	if err == nil && resp.Result == rpc.SIPDispatchResult_REQUEST_PIN {
		a.AsksPin = true
		if c.Pin == nil {
			a.Rule = resp.SipDispatchRuleId
			return a
		}
		resp, err = st.evaluate(c, trunk, *c.Pin, *c.Pin == "")
	}
	if err != nil {
		return a.failed(err)
	}
	return a.answered(resp)
}

func (a answer) failed(err error) answer {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{kind: err.Error()}
	}
	a.Error, a.Between = f.kind, f.between
	return a
}

func (a answer) answered(resp *rpc.EvaluateSIPDispatchRulesResponse) answer {
	if resp.Result == rpc.SIPDispatchResult_DROP {
		a.Drop = true
		return a
	}
	a.Rule = resp.SipDispatchRuleId
	// The response travels as protobuf, which refuses text that is not UTF-8.
	if _, err := proto.Marshal(resp); err != nil {
		return a.failed(&failure{kind: "cannot_hide"})
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(resp)
	if err != nil {
		return a.failed(err)
	}
	a.Response = text
	return a
}

// credentials follows IOInfoService.GetSIPTrunkAuthentication.
func (st store) credentials(c call) (*livekit.SIPInboundTrunkInfo, error) {
	if _, err := netip.ParseAddr(c.SourceAddress); c.SourceAddress != "" && err != nil {
		return nil, &failure{kind: "source_address"}
	}
	filter := &livekit.ListSIPInboundTrunkRequest{Numbers: []string{c.Called}}
	return matchTrunk(keep(st.trunks, filter.Filter), c)
}

func matchTrunk(trunks []*livekit.SIPInboundTrunkInfo, c call) (*livekit.SIPInboundTrunkInfo, error) {
	var conflict *failure
	result, err := sip.MatchTrunkDetailed(iters.Slice(trunks), c.sipCall(),
		sip.WithTrunkConflict(func(t1, t2 *livekit.SIPInboundTrunkInfo, reason sip.TrunkConflictReason) {
			conflict = &failure{kind: "trunks", between: []string{t1.SipTrunkId, t2.SipTrunkId}}
			if reason == sip.TrunkConflictDefault {
				conflict.kind = "default_trunks"
			}
		}))
	if err != nil {
		return nil, conflict
	}
	return result.Trunk, nil
}

// evaluate follows IOInfoService.EvaluateSIPDispatchRules, which matches the trunk again, alone if there is one.
func (st store) evaluate(c call, trunk *livekit.SIPInboundTrunkInfo, pin string, noPin bool) (resp *rpc.EvaluateSIPDispatchRulesResponse, err error) {
	req := c.request(pin, noPin)
	filter := &livekit.ListSIPDispatchRuleRequest{}
	if trunk != nil {
		if trunk, err = matchTrunk([]*livekit.SIPInboundTrunkInfo{trunk}, c); err != nil {
			return nil, err
		}
		req.SipTrunkId = trunk.SipTrunkId
		filter.TrunkIds = []string{trunk.SipTrunkId}
	}
	rule, err := matchRule(keep(st.rules, filter.Filter), trunk, req)
	if err != nil {
		var none *sip.ErrNoDispatchMatched
		if errors.As(err, &none) {
			return &rpc.EvaluateSIPDispatchRulesResponse{Result: rpc.SIPDispatchResult_DROP}, nil
		}
		return nil, err
	}
	defer func() {
		// EvaluateDispatchRule panics when it is to hide the number of a caller without one.
		if p := recover(); p != nil {
			resp, err = nil, &failure{kind: "cannot_hide"}
		}
	}()
	// It moves old fields to new ones in the stored messages, which the next call must not see.
	resp, err = sip.EvaluateDispatchRule("", proto.CloneOf(trunk), proto.CloneOf(rule), req)
	if err != nil {
		return nil, err
	}
	resp.Upgrade()
	return resp, nil
}

func matchRule(rules []*livekit.SIPDispatchRuleInfo, trunk *livekit.SIPInboundTrunkInfo, req *rpc.EvaluateSIPDispatchRulesRequest) (*livekit.SIPDispatchRuleInfo, error) {
	var conflict *failure
	rule, err := sip.MatchDispatchRuleIter(trunk, iters.Slice(rules), req,
		sip.WithDispatchRuleConflict(func(r1, r2 *livekit.SIPDispatchRuleInfo, _ sip.DispatchRuleConflictReason) {
			conflict = &failure{kind: "duplicate_rules", between: []string{r2.SipDispatchRuleId, r1.SipDispatchRuleId}}
		}))
	if err == nil {
		return rule, nil
	}
	var none *sip.ErrNoDispatchMatched
	switch {
	case conflict != nil:
		return nil, conflict
	case errors.As(err, &none):
		return nil, err
	default:
		return nil, &failure{kind: "rule_without_type"}
	}
}

func keep[T any](items []T, wanted func(T) bool) []T {
	var kept []T
	for _, item := range items {
		if wanted(item) {
			kept = append(kept, item)
		}
	}
	return kept
}

func (c call) sipCall() *rpc.SIPCall {
	to := &livekit.SIPUri{User: c.Called}
	return &rpc.SIPCall{
		LkCallId: c.CallID,
		SourceIp: c.SourceAddress,
		Address:  to,
		From:     &livekit.SIPUri{User: c.Calling, Host: c.FromHost},
		To:       to,
	}
}

// request is what livekit-sip sends: the call, and the same numbers once more in the old fields, which the rules read.
func (c call) request(pin string, noPin bool) *rpc.EvaluateSIPDispatchRulesRequest {
	return &rpc.EvaluateSIPDispatchRulesRequest{
		Call:          c.sipCall(),
		SipCallId:     c.CallID,
		CallingNumber: c.Calling,
		CallingHost:   c.FromHost,
		CalledNumber:  c.Called,
		SrcAddress:    c.SourceAddress,
		Pin:           pin,
		NoPin:         noPin,
	}
}
