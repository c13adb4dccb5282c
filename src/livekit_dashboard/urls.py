"""The whole URL map, a group for each area. `livekit-dashboard routes` prints it, and docs/routes.md keeps it to read.

Names in paths go through the convertors of `addresses/names.py`. A name, given to `path_to()`, is the only way to an address.
"""

from livekit_dashboard.addresses.paths import Url, get, post, socket

from .addresses import names as names  # registers the convertors that the paths below use
from .routes import (
    agents,
    arrived,
    auth,
    egress,
    egress_start,
    ingress,
    live,
    overview,
    participants,
    rooms,
    sandbox,
    search,
    sip,
    sip_calls,
    sip_match,
    sip_rules,
    webhooks,
)
from .routes import participants_bulk as people
from .routes import participants_messages as messages
from .routes import settings as settings_page

ROOM = "/rooms/{room:name}"
PERSON = ROOM + "/participants/{identity:name}"
EGRESS = "/egress/{egress:name}"
INGRESS = "/ingress/{ingress:name}"
TRUNKS = "/sip-{direction:direction}"
TRUNK = TRUNKS + "/{trunk:name}"
RULE = "/sip-rules/{rule:name}"
CALL = "/sip-calls/{room:name}/{identity:name}"

OVERVIEW_URLS = (get("/", overview.index, "overview"),)

ROOMS_URLS = (
    get("/rooms", rooms.index, "rooms"),
    post("/rooms", rooms.create, "rooms"),
    get("/rooms.json", rooms.export_json, "rooms_json"),
    get("/rooms.csv", rooms.export_csv, "rooms_csv"),
    get("/rooms/new", rooms.new, "room_new"),
    get("/rooms/close", rooms.confirm_close_many, "rooms_close"),
    post("/rooms/close", rooms.close_many, "rooms_close"),
    get(ROOM, rooms.show, "room"),
    get(ROOM + "/timeline", rooms.timeline, "room_timeline"),
    get(ROOM + "/json", rooms.show_json, "room_json"),
    get(ROOM + "/metadata", rooms.metadata, "room_metadata"),
    post(ROOM + "/metadata", rooms.save_metadata, "room_metadata"),
    get(ROOM + "/close", rooms.confirm_close, "room_close"),
    post(ROOM + "/close", rooms.close, "room_close"),
)

PARTICIPANTS_URLS = (
    get(ROOM + "/participants.json", people.export_json, "people_json"),
    get(ROOM + "/participants.csv", people.export_csv, "people_csv"),
    get(ROOM + "/mute", people.confirm_mute, "people_mute"),
    post(ROOM + "/mute", people.mute, "people_mute"),
    get(ROOM + "/remove", people.confirm_remove, "people_remove"),
    post(ROOM + "/remove", people.remove, "people_remove"),
    get(ROOM + "/data", messages.compose, "room_data"),
    post(ROOM + "/data", messages.send, "room_data"),
    get(PERSON, participants.show, "participant"),
    get(PERSON + "/json", participants.show_json, "participant_json"),
    post(PERSON + "/mute", participants.mute, "participant_mute"),
    post(PERSON + "/mute-all", participants.mute_all, "participant_mute_all"),
    get(PERSON + "/remove", participants.confirm_remove, "participant_remove"),
    post(PERSON + "/remove", participants.remove, "participant_remove"),
    post(PERSON + "/permissions", participants.permit, "participant_permissions"),
    get(PERSON + "/subscriptions", participants.subscriptions, "participant_subscriptions"),
    post(PERSON + "/subscriptions", participants.subscribe, "participant_subscriptions"),
    get(PERSON + "/edit", participants.edit, "participant_edit"),
    post(PERSON + "/edit", participants.save, "participant_edit"),
    get(PERSON + "/rpc", messages.rpc, "participant_rpc"),
    post(PERSON + "/rpc", messages.ask, "participant_rpc"),
    get(PERSON + "/move", messages.move, "participant_move"),
    post(PERSON + "/move", messages.save_move, "participant_move"),
    get(PERSON + "/forward", messages.forward, "participant_forward"),
    post(PERSON + "/forward", messages.save_forward, "participant_forward"),
)

EGRESS_URLS = (
    get("/egress", egress.index, "egresses"),
    get("/egress.json", egress.export_json, "egresses_json"),
    get("/egress.csv", egress.export_csv, "egresses_csv"),
    get("/egress/new", egress_start.new, "egress_new"),
    post("/egress/new", egress_start.start, "egress_new"),
    post("/egress/preview", egress_start.preview, "egress_preview"),
    get("/egress/stop", egress.confirm_stop_many, "egresses_stop"),
    post("/egress/stop", egress.stop_many, "egresses_stop"),
    get(EGRESS, egress.show, "egress"),
    get(EGRESS + "/json", egress.show_json, "egress_json"),
    get(EGRESS + "/layout", egress.layout, "egress_layout"),
    post(EGRESS + "/layout", egress.set_layout, "egress_layout"),
    get(EGRESS + "/streams", egress.streams, "egress_streams"),
    post(EGRESS + "/streams", egress.add_streams, "egress_streams"),
    post(EGRESS + "/streams/end", egress.end_stream, "egress_end_stream"),
    get(EGRESS + "/stop", egress.confirm_stop, "egress_stop"),
    post(EGRESS + "/stop", egress.stop, "egress_stop"),
)

INGRESS_URLS = (
    get("/ingress", ingress.index, "ingresses"),
    post("/ingress", ingress.create, "ingresses"),
    get("/ingress.json", ingress.export_json, "ingresses_json"),
    get("/ingress.csv", ingress.export_csv, "ingresses_csv"),
    get("/ingress/new", ingress.new, "ingress_new"),
    get("/ingress/delete", ingress.confirm_delete_many, "ingresses_delete"),
    post("/ingress/delete", ingress.delete_many, "ingresses_delete"),
    get(INGRESS, ingress.show, "ingress"),
    get(INGRESS + "/edit", ingress.edit, "ingress_edit"),
    post(INGRESS + "/edit", ingress.save, "ingress_edit"),
    post(INGRESS + "/enable", ingress.enable, "ingress_enable"),
    get(INGRESS + "/disable", ingress.confirm_disable, "ingress_disable"),
    post(INGRESS + "/disable", ingress.disable, "ingress_disable"),
    get(INGRESS + "/delete", ingress.confirm_delete, "ingress_delete"),
    post(INGRESS + "/delete", ingress.delete, "ingress_delete"),
)

AGENTS_URLS = (
    get("/agents", agents.index, "agents"),
    post("/agents", agents.create, "agents"),
    get("/agents.json", agents.export_json, "agents_json"),
    get("/agents.csv", agents.export_csv, "agents_csv"),
    get("/agents/all", agents.everywhere, "agents_everywhere"),
    get("/agents/new", agents.new, "dispatch_new"),
    get("/agents/delete", agents.confirm_delete, "dispatches_delete"),
    post("/agents/delete", agents.delete, "dispatches_delete"),
    get(ROOM + "/agents", agents.in_room, "room_agents"),
    get(ROOM + "/agents/{dispatch:name}", agents.show, "dispatch"),
)

SIP_URLS = (
    get(TRUNKS, sip.index, "sip_trunks"),
    post(TRUNKS, sip.create, "sip_trunks"),
    get(TRUNKS + ".json", sip.export_json, "sip_trunks_json"),
    get(TRUNKS + ".csv", sip.export_csv, "sip_trunks_csv"),
    get(TRUNKS + "/new", sip.new, "sip_trunk_new"),
    post(TRUNKS + "/check", sip.check, "sip_trunk_check"),
    get(TRUNKS + "/delete", sip.confirm_delete_many, "sip_trunks_delete"),
    post(TRUNKS + "/delete", sip.delete_many, "sip_trunks_delete"),
    get(TRUNK, sip.show, "sip_trunk"),
    get(TRUNK + "/edit", sip.edit, "sip_trunk_edit"),
    post(TRUNK + "/edit", sip.save, "sip_trunk_edit"),
    get(TRUNK + "/delete", sip.confirm_delete, "sip_trunk_delete"),
    post(TRUNK + "/delete", sip.delete, "sip_trunk_delete"),
    get("/sip-rules", sip_rules.index, "sip_rules"),
    post("/sip-rules", sip_rules.create, "sip_rules"),
    get("/sip-rules.json", sip_rules.export_json, "sip_rules_json"),
    get("/sip-rules.csv", sip_rules.export_csv, "sip_rules_csv"),
    get("/sip-rules/new", sip_rules.new, "sip_rule_new"),
    post("/sip-rules/check", sip_rules.check, "sip_rule_check"),
    get("/sip-rules/delete", sip_rules.confirm_delete_many, "sip_rules_delete"),
    post("/sip-rules/delete", sip_rules.delete_many, "sip_rules_delete"),
    get(RULE, sip_rules.show, "sip_rule"),
    get(RULE + "/edit", sip_rules.edit, "sip_rule_edit"),
    post(RULE + "/edit", sip_rules.save, "sip_rule_edit"),
    get(RULE + "/delete", sip_rules.confirm_delete, "sip_rule_delete"),
    post(RULE + "/delete", sip_rules.delete, "sip_rule_delete"),
    get("/sip-calls", sip_calls.index, "sip_calls"),
    get("/sip-calls.json", sip_calls.export_json, "sip_calls_json"),
    get("/sip-calls.csv", sip_calls.export_csv, "sip_calls_csv"),
    get("/sip-calls/new", sip_calls.new, "sip_call_new"),
    post("/sip-calls/new", sip_calls.create, "sip_call_new"),
    get("/sip-calls/hang-up", sip_calls.confirm_hang_up_many, "sip_calls_hang_up"),
    post("/sip-calls/hang-up", sip_calls.hang_up_many, "sip_calls_hang_up"),
    get(CALL, sip_calls.show, "sip_call"),
    get(CALL + "/transfer", sip_calls.transfer, "sip_call_transfer"),
    post(CALL + "/transfer", sip_calls.save_transfer, "sip_call_transfer"),
    get(CALL + "/hang-up", sip_calls.confirm_hang_up, "sip_call_hang_up"),
    post(CALL + "/hang-up", sip_calls.hang_up, "sip_call_hang_up"),
    get("/sip-match", sip_match.index, "sip_match"),
)

TOKENS_URLS = (
    get("/sandbox", sandbox.index, "sandbox"),
    post("/sandbox", sandbox.mint, "sandbox"),
    get("/sandbox/decode", sandbox.decoder, "sandbox_decode"),
    post("/sandbox/decode", sandbox.decode, "sandbox_decode"),
)

WEBHOOKS_URLS = (
    get("/webhooks", webhooks.index, "webhooks"),
    get("/webhooks/samples", webhooks.samples, "webhook_samples"),
    post("/webhooks/samples", webhooks.sign, "webhook_samples"),
    post("/webhooks/send", webhooks.send, "webhook_send"),
    get("/webhooks/verify", webhooks.verifier, "webhook_verify"),
    post("/webhooks/verify", webhooks.verify, "webhook_verify"),
    get("/webhooks/setup", webhooks.setup, "webhook_setup"),
    get("/webhooks/events/{event:name}", webhooks.show, "webhook_event"),
    post("/webhooks/livekit", webhooks.receive, "webhook"),
)

SEARCH_URLS = (
    get("/search", search.search, "search"),
    get("/keys", search.keys, "keys"),
)

SERVER_URLS = (get("/settings", settings_page.index, "settings"),)

SHELL_URLS = (
    get("/arrived", arrived.arrived, "arrived"),
    get("/auth/login", auth.login, "login"),
    get("/logout", auth.logout, "logout"),
    post("/theme", auth.theme, "theme"),
    get("/health", auth.health, "health"),
    socket("/live", live.socket, "live"),
)

URLS: tuple[Url, ...] = (
    *OVERVIEW_URLS,
    *ROOMS_URLS,
    *PARTICIPANTS_URLS,
    *EGRESS_URLS,
    *INGRESS_URLS,
    *AGENTS_URLS,
    *SIP_URLS,
    *TOKENS_URLS,
    *WEBHOOKS_URLS,
    *SEARCH_URLS,
    *SERVER_URLS,
    *SHELL_URLS,
)
