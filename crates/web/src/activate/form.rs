//! Promises: each field has its own message; what is right is kept when something else is wrong.

use askama::Template;
use proxycall_domain::{
    CountryCode, Language, MailAddress, PersonName, PhoneNumber,
    enrolment::{self, MailError, NameError},
    national::{NationalError, NationalNumbers},
};

use crate::{
    enrolment::Applicant,
    pages::{Base, Fields, Site, texts::Texts},
};

use super::countries::Choice;

/// A field that people do not see. Its name means nothing to the programs that fill in forms for people.
pub(crate) const TRAP: &str = "remark_2";

/// The fields, in the order of the page.
const NAMES: [&str; 7] = ["first_name", "last_name", "email", "email2", "country", "phone", "phone2"];

/// What was typed, and what is wrong with it.
pub(super) struct Form {
    values: [String; NAMES.len()],
    errors: Vec<(&'static str, &'static str)>,
}

impl Form {
    /// As a link fills it in: what is known from a link needs not be typed twice.
    pub(super) fn prefilled(fields: &Fields) -> Self {
        let mut form = Self::sent(fields);
        for (name, again) in [("email", "email2"), ("phone", "phone2")] {
            let value = form.value(name).to_owned();
            form.set(again, value);
        }
        form
    }

    /// As it was sent.
    pub(super) fn sent(fields: &Fields) -> Self {
        let mut form = Self { values: NAMES.map(|name| fields.get(name).to_owned()), errors: Vec::new() };
        if form.value("country").is_empty() {
            form.set("country", CountryCode::FRANCE.to_string());
        }
        form
    }

    fn value(&self, name: &str) -> &str {
        NAMES.iter().zip(&self.values).find(|(known, _)| **known == name).map_or("", |(_, value)| value)
    }

    fn set(&mut self, name: &str, new: String) {
        if let Some((_, value)) = NAMES.iter().zip(&mut self.values).find(|(known, _)| **known == name) {
            *value = new;
        }
    }

    /// Notes what is wrong with a field.
    pub(super) fn refuse(&mut self, name: &'static str, message: &'static str) {
        self.errors.push((name, message));
    }

    /// Who asks, if all fields are in order; else each has its message.
    pub(super) fn check(&mut self, numbers: &NationalNumbers, language: Language) -> Option<Applicant> {
        let t = Texts::of(language);
        let first = self.name("first_name", t.first_name_empty, t);
        let last = self.name("last_name", t.last_name_empty, t);
        let mail = self.mail(t);
        let phone = self.phone(numbers, t);
        let (first, last, mail, phone) = (first?, last?, mail?, phone?);
        if !self.errors.is_empty() {
            return None;
        }
        // Both have been checked by stricter rules.
        let name = PersonName::parse("name", &format!("{first} {last}")).ok()?;
        Some(Applicant { name, mail: MailAddress::parse("mail", &mail).ok()?, phone })
    }

    fn name(&mut self, field: &'static str, empty: &'static str, t: &Texts) -> Option<String> {
        let problem = match enrolment::name_part(self.value(field)) {
            Ok(name) => return Some(name),
            Err(NameError::Empty) => empty,
            Err(NameError::Length) => t.name_length,
            Err(NameError::Signs) => t.name_signs,
        };
        self.refuse(field, problem);
        None
    }

    fn mail(&mut self, t: &Texts) -> Option<String> {
        let problem = match enrolment::mail(self.value("email")) {
            Ok(mail) => {
                if enrolment::mail(self.value("email2")).as_ref() != Ok(&mail) {
                    self.refuse("email2", t.email_differs);
                }
                return Some(mail);
            }
            Err(MailError::Empty) => t.email_empty,
            Err(MailError::Form) => t.email_form,
        };
        self.refuse("email", problem);
        None
    }

    fn phone(&mut self, numbers: &NationalNumbers, t: &Texts) -> Option<PhoneNumber> {
        let country: Option<CountryCode> = self.value("country").parse().ok();
        let Some(country) = country.filter(|country| numbers.calling_code(*country).is_some()) else {
            self.refuse("country", t.country_unknown);
            return None;
        };
        let problem = match numbers.read(country, self.value("phone")) {
            Ok(phone) => {
                if numbers.read(country, self.value("phone2")) != Ok(phone) {
                    self.refuse("phone2", t.phone_differs);
                }
                return Some(phone);
            }
            Err(NationalError::Empty) => t.phone_empty,
            Err(NationalError::Signs) => t.phone_signs,
            Err(NationalError::Length) => t.phone_length,
            Err(NationalError::Country) => t.phone_code,
        };
        self.refuse("phone", problem);
        None
    }

    /// The page of it.
    pub(super) fn page<'a>(&'a self, site: &'a Site, language: Language) -> FormPage<'a> {
        let t = Texts::of(language);
        let first_error = NAMES.iter().find(|name| self.errors.iter().any(|(at, _)| at == *name)).copied();
        let field = |name: &'static str, label: &'static str| {
            let error = self.errors.iter().find(|(at, _)| *at == name).map_or("", |(_, message)| message);
            Field {
                name,
                label,
                value: self.value(name),
                error,
                focus: first_error == Some(name),
                kind: "text",
                autocomplete: "off",
                hint: "",
                empty: "",
                bad: "",
                same_as: "",
            }
        };
        let identity = vec![
            Field {
                autocomplete: "given-name",
                empty: t.first_name_empty,
                bad: t.name_signs,
                ..field("first_name", t.first_name)
            },
            Field {
                autocomplete: "family-name",
                empty: t.last_name_empty,
                bad: t.name_signs,
                ..field("last_name", t.last_name)
            },
        ];
        let mail = vec![
            Field {
                kind: "email",
                autocomplete: "email",
                empty: t.email_empty,
                bad: t.email_form,
                ..field("email", t.email)
            },
            Field { kind: "email", same_as: "email", bad: t.email_differs, ..field("email2", t.email2) },
        ];
        let phone = vec![
            Field {
                kind: "tel",
                autocomplete: "tel",
                hint: t.phone_hint,
                empty: t.phone_empty,
                bad: t.phone_signs,
                ..field("phone", t.phone)
            },
            Field { kind: "tel", same_as: "phone", bad: t.phone_differs, ..field("phone2", t.phone2) },
        ];
        FormPage {
            base: Base::new(language).with_other("/activate"),
            identity,
            mail,
            country: Field { autocomplete: "country", ..field("country", t.country) },
            countries: site.countries.get(language),
            phone,
            trap: TRAP,
        }
    }
}

/// One field as the page shows it.
pub(super) struct Field<'a> {
    name: &'static str,
    label: &'static str,
    value: &'a str,
    error: &'static str,
    focus: bool,
    kind: &'static str,
    autocomplete: &'static str,
    hint: &'static str,
    /// What the script says when it is empty.
    empty: &'static str,
    /// What the script says when its form is wrong, or when it differs.
    bad: &'static str,
    /// The field that it must equal.
    same_as: &'static str,
}

impl Field<'_> {
    /// The ids of what describes it.
    fn described_by(&self) -> String {
        if self.hint.is_empty() { format!("{}-error", self.name) } else { format!("{0}-hint {0}-error", self.name) }
    }
}

#[derive(Template)]
#[template(path = "activate/form.html")]
pub(super) struct FormPage<'a> {
    base: Base,
    identity: Vec<Field<'a>>,
    mail: Vec<Field<'a>>,
    country: Field<'a>,
    countries: &'a [Choice],
    phone: Vec<Field<'a>>,
    trap: &'static str,
}

impl FormPage<'_> {
    /// What is wrong, in the order of the page.
    fn wrong(&self) -> Vec<&Field<'_>> {
        let country = std::iter::once(&self.country);
        let all = self.identity.iter().chain(&self.mail).chain(country).chain(&self.phone);
        all.filter(|field| !field.error.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(changes: &str) -> (Form, Option<Applicant>) {
        let good = "first_name=Zo%C3%A9&last_name=Martin&email=Zoe@Example.com&email2=zoe@example.com&country=FR\
                    &phone=06+39+98+00+01&phone2=%2B33639980001";
        let mut form = Form::sent(&Fields::parse(format!("{good}&{changes}").as_bytes()));
        let applicant = form.check(&NationalNumbers::shipped().unwrap(), Language::En);
        (form, applicant)
    }

    fn wrong(changes: &str) -> Vec<&'static str> {
        let (form, applicant) = sent(changes);
        assert!(applicant.is_none(), "{changes}");
        form.errors.into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn what_is_right_becomes_an_applicant_in_the_order_first_last() {
        let applicant = sent("first_name=+Zo%C3%A9++Ana+").1.unwrap();
        assert_eq!(applicant.name.expose(), "Zoé Ana Martin");
        assert_eq!(applicant.mail.expose(), "zoe@example.com");
        assert_eq!(applicant.phone.expose(), "+33639980001");
    }

    #[test]
    fn every_field_that_is_wrong_is_named_at_once() {
        assert_eq!(
            wrong("first_name=&last_name=%3Cb%3E&email=zoe&phone=12"),
            ["first_name", "last_name", "email", "phone"]
        );
        assert_eq!(wrong("email2=ana@example.com&phone2=0639980002"), ["email2", "phone2"]);
        assert_eq!(wrong("country=ZZ"), ["country"]);
        assert_eq!(wrong("email=zoe@example.com%0d%0aBcc:x@example.com"), ["email"]);
    }

    #[test]
    fn a_link_fills_in_what_it_knows_twice() {
        let form = Form::prefilled(&Fields::parse(b"email=zoe@example.com&phone=+33639980001"));
        assert_eq!((form.value("email2"), form.value("phone2")), ("zoe@example.com", " 33639980001"));
    }
}
