-- What a service of schema 4 leaves behind: a client with number, order, last caller, calls and texts (one waits to be sent), a
-- closed client, a confirmation under way, a purchase, an alert, and a sheet that is mirrored. Made by running it against the
-- simulators; numbers are those of fiction, and the key is that of the tests.

INSERT INTO meta (key, value)
    VALUES ('secret_fingerprint', 'ClyHnSMeVeOvJ2T8');
INSERT INTO setting (key, value, updated_at)
    VALUES ('calls.ring_timeout', '20', 1795420860000);
INSERT INTO client (client_id, name, name_fold, mail, mail_fold, phone, phone_key, last_four_key, country, last_caller, closed_at, request_key, created_at, updated_at)
    VALUES (7, 'Zoé Martin', 'zoé martin', 'zoe@example.com', 'zoe@example.com', x'0000000007d5195be1', x'd8b9e032029e2252c4ea20ad9d35b16f', x'76a193691a2a505fe73fac9a0d5fdb95', 'FR', x'0000000007d5195be2', NULL, NULL, 1795420800000, 1795420860001);
INSERT INTO client (client_id, name, name_fold, mail, mail_fold, phone, phone_key, last_four_key, country, last_caller, closed_at, request_key, created_at, updated_at)
    VALUES (8, 'Ana', 'ana', 'ana@example.com', 'ana@example.com', x'0000000007d5195beb', x'a40eab519516d45a52b966774b04200e', x'1fc5f77441f9402f2a2931d9312bc7c5', 'FR', NULL, 1795420950002, NULL, 1795420860000, 1795420950002);
INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, client_id, former_client_id, assigned_at, quarantine_until, added_at, updated_at, actor, reason, since, reservation, reserved_at, reserved_until, sid, voice, sms, wiring_before)
    VALUES (33199000501, 'FR', 'local', 'assigned', 'Test', 7, NULL, 1795420800000, NULL, 1795420800000, 1795420800000, 'api', 'an order', 1795420800000, NULL, NULL, NULL, 'PN3d535d3a5aa448e2c87e3a0806c66e87', 1, 1, NULL);
INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, client_id, former_client_id, assigned_at, quarantine_until, added_at, updated_at, actor, reason, since, reservation, reserved_at, reserved_until, sid, voice, sms, wiring_before)
    VALUES (33199000601, 'FR', 'local', 'available', 'Test', NULL, NULL, NULL, NULL, 1795420860002, 1795420860002, 'system', 'a test', 1795420860002, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, client_id, former_client_id, assigned_at, quarantine_until, added_at, updated_at, actor, reason, since, reservation, reserved_at, reserved_until, sid, voice, sms, wiring_before)
    VALUES (33639985000, 'FR', 'mobile', 'available', 'Pool-FR-1', NULL, NULL, NULL, NULL, 1795420860002, 1795420860002, 'api', 'bought: asked for through the API', 1795420860002, NULL, NULL, NULL, 'PNe23abb3c23172ebf1fe73fbd8962cc4a', 1, 1, NULL);
INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, client_id, former_client_id, assigned_at, quarantine_until, added_at, updated_at, actor, reason, since, reservation, reserved_at, reserved_until, sid, voice, sms, wiring_before)
    VALUES (33639989002, 'FR', 'mobile', 'quarantined', 'Test', NULL, 8, NULL, 1798012950002, 1795420860000, 1795420950002, 'api', 'its client was closed', 1795420950002, NULL, NULL, NULL, 'PN28c125de0e11e0b0f39aee26aa2d0add', 1, 1, NULL);
INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, client_id, former_client_id, assigned_at, quarantine_until, added_at, updated_at, actor, reason, since, reservation, reserved_at, reserved_until, sid, voice, sms, wiring_before)
    VALUES (33639989003, 'FR', 'mobile', 'reserved', 'Test', NULL, NULL, NULL, NULL, 1795420860000, 1795420860002, 'system', 'held for a confirmation', 1795420860002, 'P-1', 1795420860002, 1795507260002, 'PNcd26963fba1fe2a5e3560be9d8c7cc1c', 1, 1, NULL);
INSERT INTO proxy_number (phone, country, number_type, status, friendly_name, client_id, former_client_id, assigned_at, quarantine_until, added_at, updated_at, actor, reason, since, reservation, reserved_at, reserved_until, sid, voice, sms, wiring_before)
    VALUES (33639989004, 'FR', 'mobile', 'missing', 'Test', NULL, NULL, NULL, NULL, 1795420860002, 1795420860002, 'api', 'gone at the carrier', 1795420860002, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO client_order (order_id, client_id, content_key, created_at)
    VALUES ('O-1', 7, x'b69ecbe7cefc56db7946cf7b8b113e06', 1795420800000);
INSERT INTO client_order (order_id, client_id, content_key, created_at)
    VALUES ('O-2', 8, x'6c4ee7f2b6d9da5f5eb04296b9c558ee', 1795420860000);
INSERT INTO interaction (id, channel, direction, dialled, client_id, party, party_key, inbound_sid, outbound_sid, outcome, error_code, answer, body, relay_to, sending_since, started_at, ended_at, duration_s)
    VALUES (x'01a2076c2e617aa2be740c9fcb53e132', 'call', 'to_client', 33199000501, 7, x'0000000007d5195be2', x'ad5159c8aceb67e9aacfbb547f785423', 'CA6a35c434f3f0cca2b99c10e1fce5773c', 'CAaaff617dda2c0724331dfb0783f97b74', 'completed', NULL, x'007b22636f6e6e656374223a7b22746f223a222b3333363339393830303031222c2263616c6c65725f6964223a222b3333313939303030353031222c2272696e675f74696d656f75745f73223a32302c2274696d655f6c696d69745f73223a333630307d7d', NULL, NULL, NULL, 1795420860001, 1795420860001, 30);
INSERT INTO interaction (id, channel, direction, dialled, client_id, party, party_key, inbound_sid, outbound_sid, outcome, error_code, answer, body, relay_to, sending_since, started_at, ended_at, duration_s)
    VALUES (x'01a2076c2e627cab96c93a1384c5c38a', 'text', 'to_client', 33199000501, 7, x'0000000007d5195be2', x'ad5159c8aceb67e9aacfbb547f785423', 'SMee801d105cc54478afb84b7d21668dba', 'SMf817c050463625ee12679dabb6f765bb', 'delivered', NULL, x'00226e6f7468696e6722', NULL, NULL, 1795420860002, 1795420860002, 1795420860002, NULL);
INSERT INTO interaction (id, channel, direction, dialled, client_id, party, party_key, inbound_sid, outbound_sid, outcome, error_code, answer, body, relay_to, sending_since, started_at, ended_at, duration_s)
    VALUES (x'01a2076d8df37282ad6447501cf50868', 'text', NULL, 33199000601, NULL, x'0000000007d5195bf5', x'5d3a957ac141ca532f362a7eaa9b65bf', 'SMwrongcode', NULL, 'refused_unknown_number', NULL, x'007b226e6f74696365223a224365206e756dc3a9726f206ee28099657374207061732061747472696275c3a9203a20766f747265206d657373616765206ee28099612070617320c3a974c3a92072656d69732e227d', NULL, NULL, NULL, 1795420950003, 1795420950003, NULL);
INSERT INTO interaction (id, channel, direction, dialled, client_id, party, party_key, inbound_sid, outbound_sid, outcome, error_code, answer, body, relay_to, sending_since, started_at, ended_at, duration_s)
    VALUES (x'01a2076d8df47874a7571819c7e9c30c', 'text', 'to_client', 33199000501, 7, x'0000000007d5195be2', x'ad5159c8aceb67e9aacfbb547f785423', 'SMqueued', NULL, 'queued', NULL, x'00226e6f7468696e6722', x'00426f6e6a6f7572', x'0000000007d5195be1', NULL, 1795420950004, NULL, NULL);
INSERT INTO job (id, kind, work, run_at, attempt, created_at, once)
    VALUES (x'01a2076c2e6279c59a11372d5805f7c6', 'expire_confirmation', x'007b226578706972655f636f6e6669726d6174696f6e223a7b22636f6e6669726d6174696f6e223a22502d31227d7d', 1795507260002, 0, 1795507260002, 'expire_confirmation:P-1');
INSERT INTO job (id, kind, work, run_at, attempt, created_at, once)
    VALUES (x'01a2076c2e627053858d8c39609ec064', 'go_on', x'007b22676f5f6f6e223a7b22636f6e6669726d6174696f6e223a22502d31222c2267656e65726174696f6e223a312c226166746572223a22736d73227d7d', 1795420920002, 0, 1795420920002, 'go_on:P-1');
INSERT INTO job (id, kind, work, run_at, attempt, created_at, once)
    VALUES (x'01a2076d8df47464b8a2afac09e8bdf7', 'send_text', x'007b2273656e645f74657874223a7b22696e746572616374696f6e223a22696e745f3031613230373664386466343738373461373537313831396337653963333063227d7d', 1795420950004, 0, 1795420950004, NULL);
INSERT INTO request (key, content_key, started_at, status, answer)
    VALUES (x'14348ae09e57990ce12097460931f0c9', x'e5a23bf0d9a182fa23fb7abdefd69fd1', 1795420860000, 200, x'007b226f726465725f6964223a224f2d32222c22636c69656e745f6964223a2238222c22636c69656e745f70726f78795f6e756d626572223a222b3333363339393839303032227d');
INSERT INTO number_past (id, phone, status, client_id, actor, reason, since, until)
    VALUES (1, 33199000501, 'available', NULL, 'system', 'a test', 1795420800000, 1795420800000);
INSERT INTO number_past (id, phone, status, client_id, actor, reason, since, until)
    VALUES (2, 33639989002, 'available', NULL, 'system', 'a test', 1795420860000, 1795420860000);
INSERT INTO number_past (id, phone, status, client_id, actor, reason, since, until)
    VALUES (3, 33639989003, 'available', NULL, 'system', 'a test', 1795420860000, 1795420860002);
INSERT INTO number_past (id, phone, status, client_id, actor, reason, since, until)
    VALUES (4, 33639989004, 'available', NULL, 'system', 'a test', 1795420860002, 1795420860002);
INSERT INTO number_past (id, phone, status, client_id, actor, reason, since, until)
    VALUES (5, 33639989002, 'assigned', 8, 'api', 'an order', 1795420860000, 1795420950002);
INSERT INTO purchase (id, country, number_type, state, phone, asked_type, asked_at, day, actor, reason, error_code, created_at, updated_at)
    VALUES (x'01a2076c2e627b51813701155b3694ac', 'FR', 'mobile', 'bought', 33639985000, 'mobile', 1795420860002, '2026-11-23', 'api', 'asked for through the API', NULL, 1795420860002, 1795420860002);
INSERT INTO purchase_day (day, bought)
    VALUES ('2026-11-23', 1);
INSERT INTO alert (id, kind, subject, detail, raised_at, cleared_at)
    VALUES (x'01a2076c2e627550a9cdd84296176144', 'number_missing', '+33639989004', 'The carrier''s account no longer has this number; it belongs to no client.', 1795420860002, NULL);
INSERT INTO confirmation (pending_id, name, mail, phone, phone_key, country, language, number_type, proxy, sender, stage, channel, generation, tries, change, detail, client_id, requester, created_at, expires_at, verified_at, ended_at, revision, brought_code)
    VALUES ('P-1', 'Zoé Martin', 'leo@example.com', x'0000000007d5195bf5', x'5d3a957ac141ca532f362a7eaa9b65bf', 'FR', 'fr', 'mobile', 33639989003, 33639989003, 'open', 'sms', 1, 0, NULL, '', NULL, NULL, 1795420860002, 1795507260002, NULL, NULL, 3, NULL);
INSERT INTO dispatch (id, pending_id, generation, kind, state, requested, phone_key, mail_key, sid, error_code, call_sid, entries, last_entry, queued_at, sent_at)
    VALUES (x'01a2076c2e627c63927bd66a49546972', 'P-1', 1, 'sms', 'delivered', 1, x'5d3a957ac141ca532f362a7eaa9b65bf', x'6f5094f70a63a8b7ff23e3f42af1052e', 'SM14383621f1fa70572de6bd825d75e523', NULL, NULL, 0, NULL, 1795420860002, 1795420860002);
INSERT INTO sheet_mark (tab, key, seq, since)
    VALUES ('Clients', '8', 2, NULL);
INSERT INTO sheet_mark (tab, key, seq, since)
    VALUES ('TwilioPools', '+33639989002', 1, NULL);
INSERT INTO sheet_row (tab, key, cells)
    VALUES ('CONFIRMATION_PENDING', 'P-1', x'007b22434f4e4649524d4154494f4e5f50454e44494e47223a7b2270656e64696e675f6964223a22502d31222c22636c69656e745f6e616d65223a225a6fc3a9204d617274696e222c22636c69656e745f6d61696c223a226c656f406578616d706c652e636f6d222c22636c69656e745f7265616c5f70686f6e65223a222b3333363339393830303231222c2270726f78795f6e756d626572223a222b3333363339393839303033222c22737461747573223a2250454e44494e47222c22637265617465645f6174223a22323032362d31312d32335430383a30313a30302b30303a3030227d7d');
INSERT INTO sheet_row (tab, key, cells)
    VALUES ('Clients', '7', x'007b22436c69656e7473223a7b22636c69656e745f6964223a2237222c22636c69656e745f6e616d65223a225a6fc3a9204d617274696e222c22636c69656e745f6d61696c223a227a6f65406578616d706c652e636f6d222c22636c69656e745f7265616c5f70686f6e65223a226e6f6e73656e7365222c22636c69656e745f70726f78795f6e756d626572223a222b3333313939303030353031222c22636c69656e745f6c6173745f63616c6c6572223a222b3333363339393830303032227d7d');
INSERT INTO sheet_row (tab, key, cells)
    VALUES ('Clients', '8', x'007b22436c69656e7473223a7b22636c69656e745f6964223a2238222c22636c69656e745f6e616d65223a22416e61222c22636c69656e745f6d61696c223a22616e61406578616d706c652e636f6d222c22636c69656e745f7265616c5f70686f6e65223a222b3333363339393830303131222c22636c69656e745f70726f78795f6e756d626572223a222b3333363339393839303032227d7d');
INSERT INTO sheet_row (tab, key, cells)
    VALUES ('TwilioPools', '+33199000501', x'007b225477696c696f506f6f6c73223a7b22636f756e7472795f69736f223a224652222c2270686f6e655f6e756d626572223a222b3333313939303030353031222c22737461747573223a2261737369676e6564222c22667269656e646c795f6e616d65223a2254657374222c22646174655f6163686174223a22323032362d31312d32335430383a30303a3030222c22646174655f6174747269627574696f6e223a22323032362d31312d32335430383a30303a30302b30303a3030222c226174747269627574696f6e5f746f5f636c69656e745f6e616d65223a225a6fc3a9204d617274696e222c226e756d6265725f74797065223a226c6f63616c222c2272657365727665645f62795f636c69656e745f6964223a2237227d7d');
INSERT INTO sheet_row (tab, key, cells)
    VALUES ('TwilioPools', '+33199000601', x'007b225477696c696f506f6f6c73223a7b22636f756e7472795f69736f223a224652222c2270686f6e655f6e756d626572223a222b3333313939303030363031222c22737461747573223a22617661696c61626c65222c22667269656e646c795f6e616d65223a2254657374222c22646174655f6163686174223a22323032362d31312d32335430383a30313a3030222c226e756d6265725f74797065223a226c6f63616c227d7d');
INSERT INTO sheet_row (tab, key, cells)
    VALUES ('TwilioPools', '+33639985000', x'007b225477696c696f506f6f6c73223a7b22636f756e7472795f69736f223a224652222c2270686f6e655f6e756d626572223a222b3333363339393835303030222c22737461747573223a22617661696c61626c65222c22667269656e646c795f6e616d65223a22506f6f6c2d46522d31222c22646174655f6163686174223a22323032362d31312d32335430383a30313a3030222c226e756d6265725f74797065223a226d6f62696c65227d7d');
INSERT INTO sheet_row (tab, key, cells)
    VALUES ('TwilioPools', '+33639989002', x'007b225477696c696f506f6f6c73223a7b22636f756e7472795f69736f223a224652222c2270686f6e655f6e756d626572223a222b3333363339393839303032222c22737461747573223a2261737369676e6564222c22667269656e646c795f6e616d65223a2254657374222c22646174655f6163686174223a22323032362d31312d32335430383a30313a3030222c22646174655f6174747269627574696f6e223a22323032362d31312d32335430383a30313a30302b30303a3030222c226174747269627574696f6e5f746f5f636c69656e745f6e616d65223a22416e61222c226e756d6265725f74797065223a226d6f62696c65222c2272657365727665645f62795f636c69656e745f6964223a2238227d7d');
INSERT INTO sheet_row (tab, key, cells)
    VALUES ('TwilioPools', '+33639989003', x'007b225477696c696f506f6f6c73223a7b22636f756e7472795f69736f223a224652222c2270686f6e655f6e756d626572223a222b3333363339393839303033222c22737461747573223a227265736572766564222c22667269656e646c795f6e616d65223a2254657374222c22646174655f6163686174223a22323032362d31312d32335430383a30313a3030222c226e756d6265725f74797065223a226d6f62696c65222c2272657365727665645f746f6b656e223a22502d31222c2272657365727665645f6174223a22323032362d31312d32335430383a30313a3030227d7d');
INSERT INTO sheet_intent (tab, intents)
    VALUES ('Clients', x'005b7b226b6579223a2237222c22726f77223a332c2263656c6c73223a7b22436c69656e7473223a7b22636c69656e745f7265616c5f70686f6e65223a222b3333363339393830303031227d7d2c226c6f7374223a307d5d');
INSERT INTO sheet_intent (tab, intents)
    VALUES ('TwilioPools', x'005b5d');
INSERT INTO sheet_intent (tab, intents)
    VALUES ('CONFIRMATION_PENDING', x'005b5d');
INSERT INTO sheet_problem (tab, key, reason, standing, since)
    VALUES ('Clients', '7', 'client_real_phone holds a sign that is not a digit; expected an international number such as +33639980001', 0, 1795420950002);
DELETE FROM sheet_state;
INSERT INTO sheet_state (one, marking, owner, owned_until, begun_at, read_at, written_at, failure, failed_at)
    VALUES (1, 1, x'01a2076b44007000800000000000afcd', 1795421070002, 1795420803000, 1795420950002, 1795420950002, NULL, NULL);
INSERT INTO page_request (requester, phone_key, mail_key, at) VALUES (x'0101010101010101010101010101010101010101010101010101010101010101', x'0202020202020202020202020202020202020202020202020202020202020202', x'0303030303030303030303030303030303030303030303030303030303030303', 1767225600000);
INSERT INTO code_reply (inbound_sid, outcome, answer, at) VALUES ('SMreply', 'wrong', x'0404040404040404040404040404040404040404040404040404040404040404', 1767225600000);
