//! Three planes of a deployment: in sync, and with one image changed.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start has failed")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use drift_benches::{drifted, in_sync};
use drift_diff::{Comparer, Rules};
use drift_model::{Facts, Verdict};

fn compare(criterion: &mut Criterion) {
    let comparer = Comparer::compile(&Rules::default()).unwrap();
    let facts = Facts::default();
    for containers in [1, 4, 16] {
        let (same, other) = (in_sync(containers), drifted(containers));
        let mut group = criterion.benchmark_group(format!("containers={containers}"));
        let planes = [&same.planes.desired, &same.planes.recorded, &same.planes.actual];
        let [d, r, a] = planes.map(|plane| plane.observed.present().unwrap().value());
        group.bench_function("in sync: two times ==", |bencher| {
            bencher.iter(|| assert!(black_box(d) == black_box(r) && black_box(r) == black_box(a)));
        });
        group.bench_function("in sync: compare", |bencher| {
            bencher.iter(|| assert_eq!(comparer.compare(black_box(&same), &facts).verdict, Verdict::InSync));
        });
        group.bench_function("one image: compare", |bencher| {
            bencher.iter(|| assert_eq!(comparer.compare(black_box(&other), &facts).verdict, Verdict::Drifted));
        });
        #[cfg(feature = "rivals")]
        {
            let live = other.planes.actual.observed.present().unwrap().value();
            group.bench_function("one image: json-patch diff of two planes", |bencher| {
                bencher.iter(|| assert_eq!(json_patch::diff(black_box(d), black_box(live)).0.len(), 1));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, compare);
criterion_main!(benches);
