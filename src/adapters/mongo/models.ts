// The collections of one connection, each with the type of its documents.
import type { Connection, Model, Schema } from "mongoose";
import type {
  ApplicationDocument,
  AttemptRunDocument,
  AuditDocument,
  DevicesDocument,
  InteractionDocument,
  LoginNameDocument,
  MailDocument,
  MessageDocument,
  MetaDocument,
  NumberDocument,
  PauseDocument,
  RecordDocument,
  SessionDocument,
  SigningKeysDocument,
  TestNumberDocument,
  UserDocument,
} from "./documents.ts";
import { type CollectionName, SCHEMAS } from "./schemas.ts";

export interface Models {
  readonly meta: Model<MetaDocument>;
  readonly users: Model<UserDocument>;
  readonly login_names: Model<LoginNameDocument>;
  readonly attempt_runs: Model<AttemptRunDocument>;
  readonly applications: Model<ApplicationDocument>;
  readonly interactions: Model<InteractionDocument>;
  readonly numbers: Model<NumberDocument>;
  readonly records: Model<RecordDocument>;
  readonly sessions: Model<SessionDocument>;
  readonly devices: Model<DevicesDocument>;
  readonly mails: Model<MailDocument>;
  readonly signing_keys: Model<SigningKeysDocument>;
  readonly messages: Model<MessageDocument>;
  readonly pauses: Model<PauseDocument>;
  readonly test_numbers: Model<TestNumberDocument>;
  readonly audit: Model<AuditDocument>;
}

export function createModels(connection: Connection): Models {
  const model = <D>(name: CollectionName, schema: Schema<D>): Model<D> =>
    connection.model<D>(name, schema, name);
  return {
    meta: model("meta", SCHEMAS.meta),
    users: model("users", SCHEMAS.users),
    login_names: model("login_names", SCHEMAS.login_names),
    attempt_runs: model("attempt_runs", SCHEMAS.attempt_runs),
    applications: model("applications", SCHEMAS.applications),
    interactions: model("interactions", SCHEMAS.interactions),
    numbers: model("numbers", SCHEMAS.numbers),
    records: model("records", SCHEMAS.records),
    sessions: model("sessions", SCHEMAS.sessions),
    devices: model("devices", SCHEMAS.devices),
    mails: model("mails", SCHEMAS.mails),
    signing_keys: model("signing_keys", SCHEMAS.signing_keys),
    messages: model("messages", SCHEMAS.messages),
    pauses: model("pauses", SCHEMAS.pauses),
    test_numbers: model("test_numbers", SCHEMAS.test_numbers),
    audit: model("audit", SCHEMAS.audit),
  };
}
