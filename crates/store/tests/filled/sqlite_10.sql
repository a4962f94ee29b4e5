-- What a service of schema 10 adds to what one of schema 4 left behind: somebody blocked for one client and somebody for all, a
-- paused client, API tokens, acts, a client half erased, copies to be deleted at the carrier, a secret gone over to. All sealed
-- with the key of the tests; numbers are those of fiction.

UPDATE client SET in_shop = 1, paused_at = 1795420860000, paused_until = 2795420860000 WHERE client_id = 7;
UPDATE confirmation SET code_key = x'c3dce800' WHERE pending_id = 'P-1';
UPDATE code_reply SET pending_id = 'P-1' WHERE inbound_sid = 'SMreply';
UPDATE vault SET writes_with = 'ClyHnSMeVeOvJ2T8', begun_at = 1795420860000, pass_at = 1795420860000, renewed = 3,
    sealed_with = 'ClyHnSMeVeOvJ2T8', retired = 'AAAAAAAAAAAAAAAA' WHERE one = 1;
INSERT INTO client (client_id, name, name_fold, mail, mail_fold, phone, phone_key, last_four_key, country, last_caller, closed_at, request_key, created_at, updated_at, erased_at)
    VALUES (9, '', '', '', '', x'01c3dce800d38be4c0f0fc0149504a9c311628d7e48fc512fa9cfbb567fade5797b9d276c7d57f4af5', x'', x'', 'FR', NULL, 1795420860000, NULL, 1795420860000, 1795420860000, 1795420860000);
INSERT INTO client (client_id, name, name_fold, mail, mail_fold, phone, phone_key, last_four_key, country, last_caller, closed_at, request_key, created_at, updated_at, erased_at)
    VALUES (10, 'Bo', 'bo', 'bo@example.com', 'bo@example.com', x'01c3dce8003eca1f2b835d1fc88f3a9722e5fb3b42f8e98bc76c00d2f8e0396cb05ac2a08433cff180', x'187a3c816a8079af49404f37976ddffb', x'4b8b5c1403467336f56f0614d158647c', 'FR', x'01c3dce800e1ad884d5bad980755f9e2d584efce41b01a0c45a3154c4f97f13efc098e5602d1359c6c', NULL, NULL, 1795420860000, 1795420860000, NULL);
INSERT INTO api_token (name, scope, hash, created_at, rotated_at, expires_at, last_used_at, revoked_at)
    VALUES ('shop', 'operate', x'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a', 1795420860000, 1795420860000, NULL, 1795420860000, NULL);
INSERT INTO api_token (name, scope, hash, created_at, rotated_at, expires_at, last_used_at, revoked_at)
    VALUES ('old', 'read', x'a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5', 1795420860000, NULL, 1795420860000, NULL, 1795420860000);
INSERT INTO audit (id, at, actor, action, subject, outcome, request_id)
    VALUES (x'01a2076d8df47464b8a2afac09e8bd01', 1795420860000, 'shop', 'close_client', 'client 8', 'done', '37f1bdb2000001');
INSERT INTO audit (id, at, actor, action, subject, outcome, request_id)
    VALUES (x'01a2076d8df47464b8a2afac09e8bd02', 1795420860000, 'cli', 'set_setting', 'calls.ring_timeout', 'begun', '');
INSERT INTO block (id, client_id, phone, phone_key, reason, actor, created_at)
    VALUES (x'01a2076d8df47464b8a2afac09e8bd03', 7, x'01c3dce800ace2c15cb355884f6398f63899555b8968a6166520f7d0dbe51cf1c89035fd14d0ac06c8', x'5d3a957ac141ca532f362a7eaa9b65bf', x'01c3dce8007e1f0618191bab0d263972225b450a6fbbc0c99dae7d611789fe7085f5916c120361070924118f0e02ab', 'shop', 1795420860000);
INSERT INTO block (id, client_id, phone, phone_key, reason, actor, created_at)
    VALUES (x'01a2076d8df47464b8a2afac09e8bd04', NULL, x'01c3dce80053d13bd009d4fbfede6f0e8d0e1761d3b1443bd8fe4cf95aec99e6fcdded00872d492496', x'7c401064536bd3ac7a806cd02baff266', x'01c3dce8001ea9e5810b4f0ca2283835d7782cd72c128e7c5d7a591b0ca6f6d389', 'cli', 1795420860000);
INSERT INTO interaction (id, channel, direction, dialled, client_id, party, party_key, inbound_sid, outcome, answer, started_at, ended_at)
    VALUES (x'01a2076d8df47464b8a2afac09e8bd05', 'call', NULL, 33199000501, 7, x'01c3dce8002197e903cf6dd86d31ff14c4b82db0043487fda55316c717207116b57daf690bf58ce14e', x'5d3a957ac141ca532f362a7eaa9b65bf', 'CAblocked', 'refused_blocked', x'01c3dce80078b920d9d3d450e333d3d0f93bc0176ddbfc3cb9b295d7ab22a9c0d22b0e7b8032130bbc5df3db2441d2bef4c7a23f0b25e4a4ca6551d4f1b0a990ecfb5c427b93271885a8c9c5e15731008201', 1795420860000, 1795420860000);
INSERT INTO interaction (id, channel, direction, dialled, client_id, party, party_key, inbound_sid, outcome, answer, started_at, ended_at)
    VALUES (x'01a2076d8df47464b8a2afac09e8bd06', 'call', NULL, 33199000501, 7, x'01c3dce800010d3696c63c739ecca98d51277bfef8916bf59a202d639f2eb22c4f388ca443f3c8d60e', x'ad5159c8aceb67e9aacfbb547f785423', 'CApaused', 'refused_paused', x'01c3dce80078b920d9d3d450e333d3d0f93bc0176ddbfc3cb9b295d7ab22a9c0d22b0e7b8032130bbc5df3db2441d2bef4c7a23f0b25e4a4ca6551d4f1b0a990ecfb5c427b93271885a8c9c5e15731008201', 1795420860000, 1795420860000);
INSERT INTO erasure (client_id, stage, reached, wanted, shown, begun_at, done_at)
    VALUES (9, 'callers', '', x'01c3dce8008aeb77aae2d52f595b5088bb2c4c73b6a62aca6bf3e91c642867b46564d84a6fae290d43dac1b9c211d27e48a287652b305c9f613c74eb89061d8c21fa1891e20dcfbdc2d784f03978fc0d9ca4090eea4db743', '[["Clients","9"]]', 1795420860000, NULL);
INSERT INTO carrier_copy (sid, kind, client_id, redacted, attempt, error_code, since, due_at, given_up_at)
    VALUES ('CAofnine', 'call', 9, 0, 1, 20404, 1795420860000, 1795420860000, NULL);
INSERT INTO carrier_copy (sid, kind, client_id, redacted, attempt, error_code, since, due_at, given_up_at)
    VALUES ('SMofnine', 'message', NULL, 1, 0, NULL, 1795420860000, 1795420860000, NULL);
INSERT INTO retention (kind, reached, ran_at, emptied)
    VALUES ('interactions', '01a2076c-2e61-7aa2-be74-0c9fcb53e132', 1795420860000, 2);
INSERT INTO job (id, kind, work, run_at, attempt, created_at, once)
    VALUES (x'01a2076d8df47464b8a2afac09e8bd07', 'erase_client', x'01c3dce8000f263f9f19f4eea8cda713112337cf4cae4b888d54f3b3a56ee585f6b737aafa4fc51a22d5802c02e65d4a0e25f7cf592d4941d39dc723f4d39d6f234e2ae2738c678343407ee98c246a1121f331f9860330f87f', 1795420860000, 0, 1795420860000, NULL);
