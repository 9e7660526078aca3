"""the moderation queue: acts that can be undone, corrections, reasons to reject"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('act', sa.Column('before', sa.Text(), nullable=False, server_default=''))
    op.add_column('act', sa.Column('batch', sa.Integer(), nullable=True))
    op.add_column('act', sa.Column('undoes', sa.Integer(), nullable=True))
    op.add_column('idea_version', sa.Column('is_correction', sa.Boolean(), nullable=False, server_default='0'))
    op.add_column('organisation', sa.Column('refusals', sa.Text(), nullable=False, server_default=''))


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM idea_version WHERE is_correction', 'Corrections of moderators would be taken for words of authors.')
    refuse_downgrade_with('SELECT 1 FROM act WHERE undoes IS NOT NULL', 'Acts of moderators that were undone would stand as valid.')
    refuse_downgrade_with("SELECT 1 FROM organisation WHERE refusals <> ''", 'Reasons to reject would be lost that organisations keep.')
    with op.batch_alter_table('organisation') as table:
        table.drop_column('refusals')
    with op.batch_alter_table('idea_version') as table:
        table.drop_column('is_correction')
    with op.batch_alter_table('act') as table:
        table.drop_column('undoes')
        table.drop_column('batch')
        table.drop_column('before')
