"""Named targets: what a user may ask for. Each needs the end points of one stage."""


localrules:
    fetch,
    cohorts,
    differential,
    modules,
    shared,
    panel,
    evaluation,
    audit,
    biology,
    compounds,
    docking,
    qsar,
    report,


rule fetch:
    input:
        FILES.all(STUDY.rows),
        collect("resources/structures/{structure}.pdb", structure=STUDY.structures),
        "<study>/inputs.tsv",


rule cohorts:
    input:
        collect("<study>/cohorts/{cohort}/qc.tsv", cohort=STUDY.cohorts),
        "<study>/identity.tsv",


rule differential:
    input:
        collect("<study>/cohorts/{cohort}/differential.tsv", cohort=STUDY.cohorts),
        collect("<study>/diseases/{disease}/differential.tsv", disease=STUDY.diseases),


rule modules:
    input:
        collect("<study>/diseases/{disease}/modules.tsv", disease=STUDY.diseases),


rule shared:
    input:
        collect("<study>/diseases/{disease}/candidates.tsv", disease=STUDY.diseases),
        collect(
            "<study>/shared/{comparison}/{file}",
            comparison=STUDY.comparisons,
            file=["genes.tsv", "overlap.tsv", "network_genes.tsv"],
        ),


rule panel:
    input:
        collect("<study>/panel/{comparison}/panel.tsv", comparison=STUDY.comparisons),


rule evaluation:
    input:
        [STUDY.evaluated(name) for name in STUDY.comparisons],


rule audit:
    input:
        "<study>/audit/panels.tsv",


rule biology:
    input:
        biology_files(),


rule compounds:
    input:
        compound_files(),


rule docking:
    input:
        STUDY.docked,


rule qsar:
    input:
        STUDY.predicted,


rule report:
    input:
        "<study>/report.html",
