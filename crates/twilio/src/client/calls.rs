//! Promises: a call is asked for once, and taken out of the carrier's record on demand.

use proxycall_service::ports::carrier::{CarrierError, OutgoingCall, PlacedCall};

use super::{TwilioClient, asking::was_there};
use crate::wire::Call;

pub(super) async fn place(client: &TwilioClient, call: &OutgoingCall) -> Result<PlacedCall, CarrierError> {
    let (from, to) = (call.from.expose(), call.to.expose());
    let form = [
        ("To", to.as_str()),
        ("From", &from),
        ("Url", &call.url),
        ("Method", "POST"),
        ("StatusCallback", &call.status_callback),
        ("StatusCallbackMethod", "POST"),
    ];
    let placed: Call = client.ask("place_call", client.http.post(client.resource(&["Calls.json"])).form(&form)).await?;
    Ok(placed.into())
}

pub(super) async fn delete(client: &TwilioClient, sid: &str) -> Result<bool, CarrierError> {
    was_there(
        client.deliver("delete_call", client.http.delete(client.resource(&["Calls", &format!("{sid}.json")]))).await,
    )
}
