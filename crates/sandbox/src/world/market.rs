//! Promises: numbers are for sale as long as somebody asks, all of them reserved for fiction, and a purchase is refused
//! for the reasons for which Twilio refuses it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Capabilities, Number, State, World};

/// Twilio: a trial account may have one number.
const TRIAL: i32 = 21404;
/// Twilio: not for sale, or sold a moment ago.
const NOT_FOR_SALE: i32 = 21422;
/// Twilio: the number needs an address.
const ADDRESS_NEEDED: i32 = 21631;
/// Twilio: the number needs a bundle, or another one.
const BUNDLE_NEEDED: i32 = 21649;
/// Twilio: the address is not the bundle's.
const ADDRESS_OUTSIDE: i32 = 21651;

/// Where numbers for sale stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Shelf {
    /// Geographic numbers.
    Local,
    /// Mobile numbers.
    Mobile,
    /// Non-geographic numbers.
    National,
    /// Numbers that cost the caller nothing.
    TollFree,
}

impl Shelf {
    /// By the word that the API's path has for it.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "Local" => Self::Local,
            "Mobile" => Self::Mobile,
            "National" => Self::National,
            "TollFree" => Self::TollFree,
            _ => return None,
        })
    }
}

/// The numbers of one country on one shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The shelf.
    pub shelf: Shelf,
    /// How the numbers begin, in E.164.
    pub prefixes: Vec<String>,
    /// How many digits follow.
    pub digits: u32,
    /// What they can do.
    pub capabilities: Capabilities,
}

impl Stock {
    /// Stock of one prefix.
    pub fn new(country: &str, shelf: Shelf, prefix: &str, digits: u32, capabilities: Capabilities) -> Self {
        Self { country: country.to_owned(), shelf, prefixes: vec![prefix.to_owned()], digits, capabilities }
    }

    /// Beginning in the middle: tests and the sandbox's people take theirs from the low end.
    fn phones(&self) -> impl Iterator<Item = String> {
        let count = 10_u64.saturating_pow(self.digits);
        let width = usize::try_from(self.digits).unwrap_or_default();
        (0..count).flat_map(move |index| {
            let number = (index + count / 2) % count;
            self.prefixes.iter().map(move |prefix| format!("{prefix}{number:0width$}"))
        })
    }

    fn holds(&self, phone: &str) -> bool {
        let rest = self.prefixes.iter().find_map(|prefix| phone.strip_prefix(prefix.as_str()));
        rest.is_some_and(|rest| {
            u32::try_from(rest.len()) == Ok(self.digits) && rest.bytes().all(|byte| byte.is_ascii_digit())
        })
    }
}

/// What a country asks of whoever buys a number of one shelf. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Whether an address must be named.
    pub address: bool,
    /// The bundles of which one must be named; none: none need be.
    pub bundles: Vec<Bundle>,
}

/// A regulatory bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// `BU…`
    pub sid: String,
    /// The addresses in it (`AD…`).
    pub addresses: Vec<String>,
}

/// What is for sale, to whom, and what no longer is.
pub(crate) struct Market {
    stocks: Vec<Stock>,
    sold_out: BTreeSet<(String, Shelf)>,
    /// Sold to others, or given back and not for sale again yet.
    gone: BTreeSet<String>,
    requirements: BTreeMap<(String, Shelf), Requirements>,
}

impl Default for Market {
    /// Ranges that regulators reserve for fiction: ARCEP, Ofcom, NANPA.
    fn default() -> Self {
        // 555-01xx is fiction in every area.
        let areas = ["201", "212", "213", "305", "310", "312", "404", "415", "503", "512", "602", "617", "702", "718"];
        let stocks = vec![
            Stock::new("FR", Shelf::Mobile, "+3363998", 4, Capabilities::VOICE_AND_SMS),
            Stock::new("FR", Shelf::Local, "+3319900", 4, Capabilities::VOICE),
            Stock::new("GB", Shelf::Mobile, "+447700900", 3, Capabilities::VOICE_AND_SMS),
            Stock::new("GB", Shelf::Local, "+442079460", 3, Capabilities::VOICE),
            Stock {
                prefixes: areas.iter().map(|area| format!("+1{area}55501")).collect(),
                ..Stock::new("US", Shelf::Local, "", 2, Capabilities::ALL)
            },
        ];
        Self { stocks, sold_out: BTreeSet::new(), gone: BTreeSet::new(), requirements: BTreeMap::new() }
    }
}

impl Market {
    /// The stock of a shelf; none: the country or the shelf does not exist.
    pub(crate) fn stock(&self, country: &str, shelf: Shelf) -> Option<&Stock> {
        self.stocks.iter().find(|stock| stock.country == country && stock.shelf == shelf)
    }

    /// Whether buyers of this shelf must name an address.
    pub(crate) fn needs_address(&self, stock: &Stock) -> bool {
        self.requirements.get(&(stock.country.clone(), stock.shelf)).is_some_and(|needed| needed.address)
    }

    /// Nobody can buy this number any more.
    pub(crate) fn withdraw(&mut self, phone: &str) {
        self.gone.insert(phone.to_owned());
    }
}

impl State {
    /// Gives the account a number, or puts another in the place of one it has, whose id stays.
    pub(crate) fn add_number(&mut self, number: Number, now: Timestamp) -> Number {
        let (sid, created_at) = match self.numbers.get(&number.phone) {
            Some(known) => (known.sid.clone(), known.created_at),
            None => (self.sids.next("PN"), Some(now)),
        };
        let number = Number { sid, created_at: number.created_at.or(created_at), ..number };
        self.numbers.insert(number.phone.clone(), number.clone());
        number
    }

    /// The numbers of a shelf that can be bought, in the order in which they are shown.
    pub(crate) fn for_sale<'a>(&'a self, stock: &'a Stock) -> impl Iterator<Item = String> + 'a {
        let sold_out = self.market.sold_out.contains(&(stock.country.clone(), stock.shelf));
        stock.phones().filter(move |phone| !sold_out && self.is_free(phone))
    }

    /// The stock that has this number, when it can be bought.
    fn on_sale(&self, phone: &str) -> Option<&Stock> {
        let sold_out = |stock: &Stock| self.market.sold_out.contains(&(stock.country.clone(), stock.shelf));
        let holds = |stock: &&Stock| stock.holds(phone) && !sold_out(stock);
        self.market.stocks.iter().find(holds).filter(|_| self.is_free(phone))
    }

    fn is_free(&self, phone: &str) -> bool {
        !self.numbers.contains_key(phone) && !self.handsets.contains_key(phone) && !self.market.gone.contains(phone)
    }

    /// Which capabilities the number has, or Twilio's code when the account may not buy it.
    pub(crate) fn may_buy(
        &self,
        phone: &str,
        address: Option<&str>,
        bundle: Option<&str>,
    ) -> Result<Capabilities, i32> {
        if self.account.kind == "Trial" && !self.numbers.is_empty() {
            return Err(TRIAL);
        }
        let stock = self.on_sale(phone).ok_or(NOT_FOR_SALE)?;
        if let Some(needed) = self.market.requirements.get(&(stock.country.clone(), stock.shelf)) {
            let known = needed.bundles.iter().find(|known| Some(known.sid.as_str()) == bundle);
            if known.is_none() && !needed.bundles.is_empty() {
                return Err(BUNDLE_NEEDED);
            }
            if needed.address && address.is_none() {
                return Err(ADDRESS_NEEDED);
            }
            if let (Some(known), Some(address)) = (known, address)
                && !known.addresses.iter().any(|inside| inside == address)
            {
                return Err(ADDRESS_OUTSIDE);
            }
        }
        Ok(stock.capabilities)
    }
}

/// The market, and the account's numbers behind the service's back.
impl World {
    /// Fills a shelf, in place of what was on it.
    pub fn add_stock(&self, stock: Stock) {
        self.change(|state| {
            state.market.sold_out.remove(&(stock.country.clone(), stock.shelf));
            state.market.stocks.retain(|known| (&known.country, known.shelf) != (&stock.country, stock.shelf));
            state.market.stocks.push(stock);
        });
    }

    /// Leaves a shelf that exists empty.
    pub fn sell_out(&self, country: &str, shelf: Shelf) {
        self.change(|state| state.market.sold_out.insert((country.to_owned(), shelf)));
    }

    /// Somebody else buys a number: from now on its purchase is refused with 21422.
    pub fn sell_to_others(&self, phone: &str) {
        self.change(|state| state.market.withdraw(phone));
    }

    /// Says what buyers of a shelf's numbers must name.
    pub fn require(&self, country: &str, shelf: Shelf, requirements: Requirements) {
        self.change(|state| state.market.requirements.insert((country.to_owned(), shelf), requirements));
    }

    /// The next numbers for sale on a shelf, in the order in which a search shows them; fewer when there are no more.
    #[must_use]
    pub fn numbers_for_sale(&self, country: &str, shelf: Shelf, count: usize) -> Vec<String> {
        self.ask(|state| {
            let stock = state.market.stock(country, shelf);
            stock.map(|stock| state.for_sale(stock).take(count).collect()).unwrap_or_default()
        })
    }

    /// Gives the account so many numbers of a shelf, wired nowhere, as if somebody had bought them in the console.
    pub fn own(&self, country: &str, shelf: Shelf, count: usize) -> Vec<Number> {
        let now = self.now();
        let phones = self.numbers_for_sale(country, shelf, count);
        self.change(|state| {
            let stock = state.market.stock(country, shelf);
            let capabilities = stock.map_or(Capabilities::VOICE_AND_SMS, |stock| stock.capabilities);
            let number = |phone| Number { capabilities, ..Number::new(phone) };
            phones.into_iter().map(|phone| state.add_number(number(phone), now)).collect()
        })
    }

    /// Changes a number of the account behind the service's back. False when there is no such number.
    pub fn change_number(&self, phone: &str, change: impl FnOnce(&mut Number)) -> bool {
        self.change(|state| state.numbers.get_mut(phone).map(change).is_some())
    }

    /// Takes a number from the account behind the service's back. It is not for sale again.
    pub fn remove_number(&self, phone: &str) -> Option<Number> {
        self.change(|state| {
            state.market.withdraw(phone);
            state.numbers.remove(phone)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_service::world;

    #[test]
    fn every_shelf_shows_fiction_only_and_beginning_in_its_middle() {
        let world = world();
        for (country, shelf, first) in [
            ("FR", Shelf::Mobile, "+33639985000"),
            ("FR", Shelf::Local, "+33199005000"),
            ("GB", Shelf::Mobile, "+447700900500"),
            ("GB", Shelf::Local, "+442079460500"),
            ("US", Shelf::Local, "+12015550150"),
        ] {
            assert_eq!(world.numbers_for_sale(country, shelf, 1), [first]);
        }
        assert_eq!(world.numbers_for_sale("FR", Shelf::Local, 20_000).len(), 9_999, "all but the account's own");
        assert_eq!(world.numbers_for_sale("DE", Shelf::Local, 1), [""; 0]);
    }

    #[test]
    fn what_is_owned_sold_or_somebodys_handset_is_not_for_sale() {
        let world = world();
        let shown = world.numbers_for_sale("FR", Shelf::Mobile, 4);
        world.sell_to_others(&shown[0]);
        world.add_number(Number::new(&shown[1]));
        world.add_handset(crate::world::Handset::new(&shown[2]));
        assert_eq!(world.numbers_for_sale("FR", Shelf::Mobile, 1), shown[3..]);
        let refused = |phone: &str| world.ask(|state| state.may_buy(phone, None, None));
        for taken in shown[..3].iter().map(String::as_str).chain(["+4915100000000", "+336399850000"]) {
            assert_eq!(refused(taken), Err(21422), "{taken}");
        }
        assert_eq!(refused(&shown[3]), Ok(Capabilities::VOICE_AND_SMS));
        world.sell_out("FR", Shelf::Mobile);
        assert_eq!(refused(&shown[3]), Err(21422));
        assert!(world.numbers_for_sale("FR", Shelf::Mobile, 1).is_empty());
    }

    #[test]
    fn thousands_of_numbers_are_the_accounts_at_once_and_go_behind_its_back() {
        let world = world();
        let numbers = world.own("FR", Shelf::Local, 5_000);
        assert_eq!((numbers.len(), world.numbers().len()), (5_000, 5_001));
        assert_eq!(numbers[0].capabilities, Capabilities::VOICE);
        assert_eq!(world.remove_number(&numbers[0].phone).as_ref(), Some(&numbers[0]));
        assert!(world.change_number(&numbers[1].phone, |number| number.trunk_sid = Some("TK1".to_owned())));
        assert!(!world.change_number(&numbers[0].phone, |_| ()));
        assert_eq!(world.numbers().len(), 5_000);
    }
}
