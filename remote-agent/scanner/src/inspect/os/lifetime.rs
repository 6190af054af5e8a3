//! Until when distributions repair what is found in them, without a paid
//! extension. After that day an image with no findings is not a safe image.

use chrono::NaiveDate;

use super::release::Distribution;

/// Id, release (the whole version or its beginning up to a dot), last day.
/// From the distributions' own tables of releases.
const LAST_DAYS: [(&str, &str, (i32, u32, u32)); 118] = [
    ("debian", "6", (2016, 2, 29)),
    ("debian", "7", (2018, 5, 31)),
    ("debian", "8", (2020, 6, 30)),
    ("debian", "9", (2022, 6, 30)),
    ("debian", "10", (2024, 6, 30)),
    ("debian", "11", (2026, 8, 31)),
    ("debian", "12", (2028, 6, 30)),
    ("debian", "13", (2030, 6, 30)),
    ("ubuntu", "12.04", (2017, 4, 28)),
    ("ubuntu", "14.04", (2019, 4, 25)),
    ("ubuntu", "16.04", (2021, 4, 30)),
    ("ubuntu", "17.10", (2018, 7, 19)),
    ("ubuntu", "18.04", (2023, 5, 31)),
    ("ubuntu", "18.10", (2019, 7, 18)),
    ("ubuntu", "19.04", (2020, 1, 23)),
    ("ubuntu", "19.10", (2020, 7, 17)),
    ("ubuntu", "20.04", (2025, 5, 31)),
    ("ubuntu", "20.10", (2021, 7, 22)),
    ("ubuntu", "21.04", (2022, 1, 20)),
    ("ubuntu", "21.10", (2022, 7, 14)),
    ("ubuntu", "22.04", (2027, 5, 31)),
    ("ubuntu", "22.10", (2023, 7, 20)),
    ("ubuntu", "23.04", (2024, 1, 25)),
    ("ubuntu", "23.10", (2024, 7, 11)),
    ("ubuntu", "24.04", (2029, 5, 31)),
    ("ubuntu", "24.10", (2025, 7, 10)),
    ("ubuntu", "25.04", (2026, 1, 15)),
    ("alpine", "3.3", (2017, 11, 1)),
    ("alpine", "3.4", (2018, 5, 1)),
    ("alpine", "3.5", (2018, 11, 1)),
    ("alpine", "3.6", (2019, 5, 1)),
    ("alpine", "3.7", (2019, 11, 1)),
    ("alpine", "3.8", (2020, 5, 1)),
    ("alpine", "3.9", (2020, 11, 1)),
    ("alpine", "3.10", (2021, 5, 1)),
    ("alpine", "3.11", (2021, 11, 1)),
    ("alpine", "3.12", (2022, 5, 1)),
    ("alpine", "3.13", (2022, 11, 1)),
    ("alpine", "3.14", (2023, 5, 1)),
    ("alpine", "3.15", (2023, 11, 1)),
    ("alpine", "3.16", (2024, 5, 23)),
    ("alpine", "3.17", (2024, 11, 22)),
    ("alpine", "3.18", (2025, 5, 9)),
    ("alpine", "3.19", (2025, 11, 1)),
    ("alpine", "3.20", (2026, 4, 1)),
    ("alpine", "3.21", (2026, 11, 1)),
    ("alpine", "3.22", (2027, 5, 1)),
    ("rhel", "5", (2017, 3, 31)),
    ("rhel", "6", (2020, 11, 30)),
    ("rhel", "7", (2024, 6, 30)),
    ("rhel", "8", (2029, 5, 31)),
    ("rhel", "9", (2032, 5, 31)),
    ("rhel", "10", (2035, 5, 31)),
    ("centos", "5", (2017, 3, 31)),
    ("centos", "6", (2020, 11, 30)),
    ("centos", "7", (2024, 6, 30)),
    ("centos", "8", (2021, 12, 31)),
    ("centos-stream", "8", (2024, 5, 31)),
    ("centos-stream", "9", (2027, 5, 31)),
    ("rocky", "8", (2029, 5, 31)),
    ("rocky", "9", (2032, 5, 31)),
    ("rocky", "10", (2035, 5, 31)),
    ("almalinux", "8", (2029, 3, 1)),
    ("almalinux", "9", (2032, 5, 31)),
    ("almalinux", "10", (2035, 5, 31)),
    ("ol", "5", (2017, 6, 30)),
    ("ol", "6", (2021, 3, 1)),
    ("ol", "7", (2024, 12, 31)),
    ("ol", "8", (2029, 7, 31)),
    ("ol", "9", (2032, 6, 30)),
    ("amzn", "2011", (2023, 12, 31)),
    ("amzn", "2012", (2023, 12, 31)),
    ("amzn", "2013", (2023, 12, 31)),
    ("amzn", "2014", (2023, 12, 31)),
    ("amzn", "2015", (2023, 12, 31)),
    ("amzn", "2016", (2023, 12, 31)),
    ("amzn", "2017", (2023, 12, 31)),
    ("amzn", "2018", (2023, 12, 31)),
    ("amzn", "2", (2026, 6, 30)),
    ("amzn", "2023", (2029, 6, 30)),
    ("fedora", "34", (2022, 6, 7)),
    ("fedora", "35", (2022, 12, 13)),
    ("fedora", "36", (2023, 5, 16)),
    ("fedora", "37", (2023, 12, 5)),
    ("fedora", "38", (2024, 5, 21)),
    ("fedora", "39", (2024, 11, 26)),
    ("fedora", "40", (2025, 5, 13)),
    ("fedora", "42", (2026, 5, 13)),
    ("sles", "11.4", (2019, 3, 31)),
    ("sles", "12.1", (2017, 5, 31)),
    ("sles", "12.2", (2018, 3, 31)),
    ("sles", "12.3", (2019, 6, 30)),
    ("sles", "12.4", (2020, 6, 30)),
    ("sles", "12.5", (2024, 10, 31)),
    ("sles", "15", (2019, 12, 31)),
    ("sles", "15.1", (2021, 1, 31)),
    ("sles", "15.2", (2021, 12, 31)),
    ("sles", "15.3", (2022, 12, 31)),
    ("sles", "15.4", (2023, 12, 31)),
    ("sles", "15.5", (2024, 12, 31)),
    ("sles", "15.6", (2025, 12, 31)),
    ("sles", "15.7", (2031, 7, 31)),
    ("opensuse-leap", "42.3", (2019, 6, 30)),
    ("opensuse-leap", "15.0", (2019, 12, 3)),
    ("opensuse-leap", "15.1", (2021, 1, 31)),
    ("opensuse-leap", "15.2", (2021, 12, 31)),
    ("opensuse-leap", "15.3", (2022, 12, 31)),
    ("opensuse-leap", "15.4", (2023, 12, 7)),
    ("opensuse-leap", "15.5", (2024, 12, 31)),
    ("opensuse-leap", "15.6", (2026, 4, 30)),
    ("photon", "1", (2022, 2, 28)),
    ("photon", "2", (2022, 12, 31)),
    ("photon", "3", (2024, 3, 1)),
    ("photon", "4", (2026, 3, 1)),
    ("mariner", "1", (2023, 7, 31)),
    ("mariner", "2", (2025, 7, 31)),
    ("raspbian", "10", (2024, 6, 30)),
    ("raspbian", "11", (2026, 8, 31)),
];

impl Distribution {
    /// The last day on which this release is repaired; none where that is not
    /// known, or where releases roll.
    pub fn last_day(&self) -> Option<NaiveDate> {
        let id = match self.id.as_str() {
            "rhcos" | "suse-liberty" => "rhel",
            "sled" | "sles_sap" => "sles",
            id => id,
        };
        let found = |release: &str| {
            LAST_DAYS.iter().find(|(of, version, _)| *of == id && *version == release)
        };
        let mut release = self.version.as_str();
        let (_, _, (year, month, day)) = loop {
            // A service pack is not its main release.
            match found(release) {
                Some(found) => break found,
                None if id == "sles" => return None,
                None => release = release.rsplit_once('.')?.0,
            }
        };
        NaiveDate::from_ymd_opt(*year, *month, *day)
    }

    /// Whether nobody repairs this release any more on the day `today`.
    pub fn is_at_end_of_life(&self, today: NaiveDate) -> bool {
        self.last_day().is_some_and(|last| last < today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_exists() {
        for (id, release, (year, month, day)) in LAST_DAYS {
            let date = NaiveDate::from_ymd_opt(year, month, day);
            assert!(date.is_some(), "{id} {release}");
            assert_eq!(Distribution::new(id, release).last_day(), date, "{id} {release}");
        }
    }

    #[test]
    fn ends() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (id, version, on, ended) in [
            ("debian", "12", "2028-06-30", false),
            ("debian", "12", "2028-07-01", true),
            ("debian", "unstable", "2050-01-01", false),
            ("alpine", "3.18.4", "2025-06-01", true),
            ("alpine", "3.1", "2025-06-01", false),
            ("centos", "7.9.2009", "2024-07-01", true),
            ("centos-stream", "9", "2026-01-01", false),
            ("rhel", "8.9", "2029-06-01", true),
            ("rhcos", "8.6", "2026-01-01", false),
            ("amzn", "2018.03", "2024-01-01", true),
            ("sles", "15.5", "2025-01-01", true),
            ("sles", "15.9", "2025-01-01", false),
            ("photon", "3.0", "2024-03-02", true),
            ("wolfi", "20230201", "2050-01-01", false),
        ] {
            let found = Distribution::new(id, version).is_at_end_of_life(day(on));
            assert_eq!(found, ended, "{id} {version} {on}");
        }
    }
}
