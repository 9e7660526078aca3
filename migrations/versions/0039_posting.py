"""the category and the tags of a challenge, the step at which its draft is continued, and templates"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('challenge') as challenge:
        challenge.add_column(sa.Column('category', sa.String(length=20), nullable=True))
        challenge.add_column(sa.Column('tags', sa.JSON(), nullable=False, server_default='[]'))
        challenge.add_column(sa.Column('step', sa.String(length=20), nullable=False, server_default='check'))
        challenge.add_column(sa.Column('is_template', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    refuse_downgrade_with(
        "SELECT 1 FROM challenge WHERE category IS NOT NULL OR CAST(tags AS VARCHAR) <> '[]'",
        'The categories and tags of challenges would be lost.',
    )
    refuse_downgrade_with('SELECT 1 FROM challenge WHERE is_template', 'Templates would become drafts that can be published.')
    with op.batch_alter_table('challenge') as challenge:
        challenge.drop_column('category')
        challenge.drop_column('tags')
        challenge.drop_column('step')
        challenge.drop_column('is_template')
