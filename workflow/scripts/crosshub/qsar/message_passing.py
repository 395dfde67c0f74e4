"""Chemprop, where it is installed: a network that reads the structure itself."""

import importlib.util
import logging
import warnings

import numpy as np

from crosshub.errors import DataError

EPOCHS = 30
BATCH = 32


def fit_chemprop(
    smiles: np.ndarray, activity: np.ndarray, asked: np.ndarray, seed: int
) -> np.ndarray:
    """Fit a directed message-passing network on one core and predict the activity of others.

    Parameters
    ----------
    smiles, activity
        Training compounds.
    asked
        SMILES of others.
    seed
        Of the weights and the batches. PyTorch has one for the whole process: two fits beside each
        other would disturb each other.

    Returns
    -------
    ndarray
        Activities.

    Raises
    ------
    DataError
        If chemprop is not installed.

    References
    ----------
    Heid et al. 2024, Journal of Chemical Information and Modeling 64:9.
    """
    if importlib.util.find_spec("chemprop") is None:
        raise DataError(
            "model 'chemprop' is not installed: run `pip install chemprop` in the environment of "
            "the workflow, or choose another qsar.model"
        )
    import torch
    from chemprop import data, models, nn
    from lightning import pytorch as lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    lightning.seed_everything(seed, verbose=False)
    mean, spread = activity.mean(), activity.std() or 1.0

    def batches(texts: np.ndarray, values: np.ndarray, *, shuffle: bool) -> object:
        points = [
            data.MoleculeDatapoint.from_smi(text, np.array([value]))
            for text, value in zip(texts, values, strict=True)
        ]
        found = data.MoleculeDataset(points)
        return data.build_dataloader(
            found, batch_size=BATCH, shuffle=shuffle, seed=seed, num_workers=0
        )

    network = models.MPNN(
        nn.BondMessagePassing(), nn.MeanAggregation(), nn.RegressionFFN(), batch_norm=True
    )
    trainer = lightning.Trainer(
        max_epochs=EPOCHS,
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        deterministic=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(network, batches(smiles, (activity - mean) / spread, shuffle=True))
        parts = trainer.predict(network, batches(asked, np.zeros(len(asked)), shuffle=False))
    return mean + spread * torch.cat(parts).numpy()[:, 0].astype(float)
